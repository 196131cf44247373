import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../integration/harness.js';
import { markedLine } from '../integration/truth.js';

/** Where `make frameworks` installs the packages. */
const VENDOR = join(root, '.cache/frameworks/vendor');
const PROGRAMS = join(root, 'test/frameworks/programs');

/** A program and what its head comment declares, its marks already turned into line numbers. */
export interface FrameworkProgram {
  /** `laravel/query-log`. */
  readonly name: string;
  readonly file: string;
  /** The `--loop`. */
  readonly loop: string;
  /** Absent for a program that keeps nothing. */
  readonly leak?: DeclaredLeak;
}

export interface DeclaredLeak {
  /** The line that allocates: one of these, where several do by turns. */
  readonly lines: readonly Place[];
  /** The first line of its call path that is the application's own. */
  readonly app: Place;
  /** What a developer would grep for, as it stands in the way to the memory: `->queryLog`. All that is kept has one of them. */
  readonly holders: readonly string[];
}

export interface Place {
  readonly file: string;
  readonly line: number;
}

/** All programs, by framework. Throws where the packages are not installed, or a declaration cannot be read. */
export function readPrograms(): readonly FrameworkProgram[] {
  if (!existsSync(VENDOR)) throw new Error(`${VENDOR} is missing: run \`make frameworks\``);
  const files = readdirSync(PROGRAMS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.php'));
  return files.sort().flatMap((name) => readProgram(name.replace('.php', ''), join(PROGRAMS, name)));
}

/** A line by its mark, in the program or a file beside it, or by what stands on it, in a file of a package. */
type DeclaredPlace =
  string | { readonly file: string; readonly mark: string } | { readonly file: string; readonly has: string };

interface Declared {
  readonly loop: string;
  readonly leak?: { readonly line: DeclaredPlace; readonly app: DeclaredPlace; readonly holders: readonly string[] };
}

/** None where a file declares no truth: what programs share. */
function readProgram(name: string, file: string): FrameworkProgram[] {
  const comment = readFileSync(file, 'utf8').match(/^\/\/ truth: .*\n(?:\/\/ .*\n)*/m)?.[0];
  if (comment === undefined) return [];
  const { loop, leak } = JSON.parse(comment.replace(/^\/\/( truth:)?/gm, '')) as Declared;
  if (leak === undefined) return [{ name, file, loop }];
  return [{ name, file, loop, leak: { ...leak, lines: placesOf(leak.line, file), app: placesOf(leak.app, file)[0]! } }];
}

function placesOf(place: DeclaredPlace, program: string): Place[] {
  if (typeof place === 'string') return [{ file: program, line: markedLine(program, place) }];
  if ('has' in place) return linesWith(place.has, join(VENDOR, place.file));
  const file = join(program, '..', place.file);
  return [{ file, line: markedLine(file, place.mark) }];
}

function linesWith(text: string, file: string): Place[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const found = lines.flatMap((line, index) => (line.includes(text) ? [{ file, line: index + 1 }] : []));
  if (found.length === 0) throw new Error(`no line of ${file} has ${text}`);
  return found;
}
