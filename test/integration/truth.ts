import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './harness.js';

/** What the head comment of a case declares, its marks already turned into line numbers. */
export interface Truth {
  /** The `--loop`. */
  readonly loop: string;
  /** Attached to while it runs (default), or run from its first instruction. */
  readonly how: 'attach' | 'run';
  /** The `--loops`; default 40. */
  readonly loops: number;
  /** A test extension that it needs. */
  readonly extension?: 'leaky';
  /** The first PHP that runs it: `8.1`. */
  readonly since: string;
  /** Settings of php. */
  readonly ini: readonly string[];
  readonly verdict: 'leak' | 'clean' | 'unknown';
  readonly exit: number;
  /** Nothing outlives the loop after its own: the report has no sites at all. */
  readonly silent: boolean;
  /** Bytes a loop that the allocator takes for its own records, which no line allocates. */
  readonly allocatorsOwn: number;
  /** The most bytes that requests under way hold, where several are: the heap's growth says no more of the leak than that. */
  readonly underWay: number;
  readonly sites: readonly SiteTruth[];
}

export interface SiteTruth {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  /** The verdicts that are right, usually one. */
  readonly verdicts: readonly string[];
  readonly outside?: boolean;
  /** Exact; absent where it depends on the loops that were looked at. By the version of PHP since which, where it changed. */
  readonly bytesPerLoop?: number | Readonly<Record<string, number>>;
  readonly app?: { readonly file: string; readonly line: number; readonly function: string };
  /** Function names of the call path, innermost first. */
  readonly stack?: readonly string[];
}

export interface Case {
  readonly name: string;
  readonly file: string;
  readonly truth: Truth;
}

/** All programs of test/cases with what they declare. Throws where a declaration cannot be read. */
export function readCases(): readonly Case[] {
  const directory = join(root, 'test/cases');
  const files = readdirSync(directory).filter((name) => name.endsWith('.php'));
  return files.sort().map((name) => readCase(join(directory, name)));
}

interface DeclaredSite {
  file?: string;
  line: string;
  function: string;
  verdict: string;
  outside?: boolean;
  bytesPerLoop?: number | Record<string, number>;
  app?: { line: string; function: string };
  stack?: string[];
}

type Declared = Partial<Omit<Truth, 'sites'>> & {
  loop: string;
  verdict: 'leak' | 'clean' | 'unknown';
  exit: number;
  sites?: DeclaredSite[];
};

function readCase(file: string): Case {
  const declared = JSON.parse(declaration(file)) as Declared;
  const loop = declared.loop.replace(/@[\w-]+/, (mark) => String(markedLine(file, mark)));
  const sites = (declared.sites ?? []).map((site) => resolveSite(site, file));
  const defaults = {
    how: 'attach',
    loops: 40,
    silent: false,
    allocatorsOwn: 0,
    underWay: 0,
    since: '7.4',
    ini: [],
  } as const;
  return { name: basename(file, '.php'), file, truth: { ...defaults, ...declared, loop, sites } };
}

/** The JSON after `// truth:`, which goes on in the comment lines below it. */
function declaration(file: string): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  const first = lines.findIndex((line) => line.startsWith('// truth: '));
  if (first === -1) throw new Error(`${file} declares no truth`);
  const after = lines.findIndex((line, i) => i > first && !line.startsWith('//'));
  return lines
    .slice(first, after)
    .map((line) => line.replace(/^\/\/( truth:)? */, ''))
    .join('\n');
}

function resolveSite(site: DeclaredSite, caseFile: string): SiteTruth {
  const file = site.file === undefined ? caseFile : join(root, 'test/cases', site.file);
  const { verdict, line, app, ...rest } = site;
  const resolved = { ...rest, file, line: markedLine(file, line), verdicts: verdict.split('|') };
  if (app === undefined) return resolved;
  return { ...resolved, app: { file: caseFile, line: markedLine(caseFile, app.line), function: app.function } };
}

/** Whether a PHP (`8.2.36`, `8.2`) is of this version or a later one. */
export function isSince(minor: string, php: string): boolean {
  return minor.localeCompare(php, 'en', { numeric: true }) <= 0;
}

/** Of the values by the version since which they hold, the one for `php` (`8.2.36`). */
export function valueFor(values: Readonly<Record<string, number>>, php: string): number | undefined {
  const isReached = (minor: string): boolean => isSince(minor, php);
  const newestFirst = Object.keys(values).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return values[newestFirst.find(isReached) ?? ''];
}

/** The line whose comment begins with a mark such as `@leak-1`. */
export function markedLine(file: string, mark: string): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  const found = lines.flatMap((line, i) => (new RegExp(`// ${mark}(\\s|$)`).test(line) ? [i + 1] : []));
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${file} has ${found.length} lines marked ${mark}`);
  return found[0];
}
