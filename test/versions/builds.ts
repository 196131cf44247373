import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../integration/workplace.js';

/** A PHP of a version of its own, as the packages of test/versions/packages bring it. */
export interface PhpBuild {
  /** `8.5`. */
  readonly minor: string;
  /** What starts its command line, without any ini file: `env LD_LIBRARY_PATH=… php -n`. */
  readonly cli: readonly string[];
  /** What starts its FPM likewise. */
  readonly fpm: readonly string[];
}

/** Where `make php-versions` installs the packages. */
const FOLDER = join(root, '.cache/php/node_modules/@libphp');

interface PhpPackage {
  readonly minor: string;
  readonly name: string;
  /** A package that has the libraries which this one lacks. */
  readonly borrows?: string;
  /** What this machine's libraries need newer than the package has it. */
  readonly preload?: string;
  /** Extensions that every other version has built in. */
  readonly modules?: readonly string[];
}

const PACKAGES: readonly PhpPackage[] = [
  { minor: '7.4', name: 'amazon-linux-2-v74', modules: ['json'] },
  { minor: '8.0', name: 'amazon-linux-2-v80', borrows: 'amazon-linux-2-v74', preload: 'libgpg-error.so.0' },
  { minor: '8.1', name: 'amazon-linux-2-v81' },
  { minor: '8.2', name: 'amazon-linux-2-v82' },
  { minor: '8.3', name: 'amazon-linux-2-v83' },
  { minor: '8.4', name: 'amazon-linux-2023-v84' },
  { minor: '8.5', name: 'almalinux-9-v85' },
];

/** Every PHP of the packages, the oldest first. Throws where one is not installed. */
export function phpBuilds(): readonly PhpBuild[] {
  return PACKAGES.map((one) => ({ minor: one.minor, cli: startOf(one, 'php'), fpm: startOf(one, 'php-fpm') }));
}

/** What starts the command line of 7.4 with Swoole, and with the extensions that it needs loaded before it. */
export function swooleBuild(): readonly string[] {
  const [oldest] = PACKAGES;
  if (oldest === undefined) throw new Error('there are no packages');
  return startOf({ ...oldest, modules: ['json', 'curl', 'sockets', 'mysqlnd', 'swoole'] }, 'php');
}

function startOf({ name, borrows, preload, modules = [] }: PhpPackage, binary: string): string[] {
  const file = join(FOLDER, name, 'native/php', binary);
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`make php-versions\``);
  const libraries = [name, ...(borrows === undefined ? [] : [borrows])].map((one) => join(FOLDER, one, 'native/lib'));
  const load = modules.flatMap((module) => ['-d', `extension=${join(FOLDER, name, 'native/php/modules', module)}.so`]);
  // Not in the environment of phptrace: these libraries are the traced program's alone.
  const environment = [`LD_LIBRARY_PATH=${libraries.join(':')}`];
  if (preload !== undefined) environment.push(`LD_PRELOAD=/lib/x86_64-linux-gnu/${preload}`);
  return ['env', ...environment, file, '-n', ...load];
}
