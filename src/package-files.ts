import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file or folder of this package, by its path from the package's folder. It need not exist. */
export function packageFile(path: string): string {
  return join((folder ??= packageFolder()), path);
}

/** phptrace's version, as `1.2.3`. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;
}

let folder: string | undefined;

/** By package.json, for the built command is one file and stands elsewhere than the module it was made of. */
function packageFolder(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (at === dirname(at)) throw new Error('phptrace is not in its package: there is no package.json above it');
  }
}
