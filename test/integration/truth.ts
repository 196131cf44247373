import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from './workplace.js';

/** What the head comment of a case declares, its marks already turned into line numbers. */
export interface Truth {
  /** The `--loop`. */
  readonly loop: string;
  /** Attached to while it runs (default), or run from its first instruction. */
  readonly how: 'attach' | 'run';
  /** The `--loops`; default 40. */
  readonly loops: number | 'auto';
  /** The `--duration`, seconds; default 18. */
  readonly seconds: number;
  /** Takes too long for `make test`: `make corpus` runs it. */
  readonly slow: boolean;
  /** A test extension that it needs. */
  readonly extension?: 'leaky';
  /** Extensions of PHP that it needs: `curl`. */
  readonly needs: readonly string[];
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
  /** Words that a note of the report has. */
  readonly says: readonly string[];
  readonly sites: readonly SiteTruth[];
}

/** A value, or the values by the version of PHP since which they hold. */
export type ByVersion<Value> = Value | Readonly<Record<string, Value>>;

export interface SiteTruth {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  /** The verdicts that are right, usually one. */
  readonly verdicts: readonly string[];
  readonly outside?: boolean;
  /** Exact; absent where it depends on the loops that were looked at. */
  readonly bytesPerLoop?: ByVersion<number>;
  /** Of a line that makes an array longer which has room: the bytes a loop that it comes to, give or take a fiftieth. */
  readonly fills?: ByVersion<number>;
  /**
   * What holds the blocks; null where nothing does. Every line that leaks declares it. Holders that are as right as
   * each other are separated by ` | `.
   */
  readonly holder?: ByVersion<string> | null;
  /** The whole way from the holder to the blocks, likewise. */
  readonly path?: ByVersion<string>;
  /** What its blocks are, those with most bytes first. */
  readonly types?: readonly string[];
  readonly app?: { readonly file: string; readonly line: number; readonly function: string };
  /** Function names of the call path, innermost first. */
  readonly stack?: readonly string[];
}

export interface Case {
  readonly name: string;
  readonly file: string;
  readonly truth: Truth;
}

/** All programs of a directory, test/cases, with what they declare. Throws where a declaration cannot be read. */
export function readCases(directory = join(root, 'test/cases')): readonly Case[] {
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
  fills?: number | Record<string, number>;
  holder?: string | Record<string, string> | null;
  path?: string | Record<string, string>;
  types?: string[];
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
  const declared = JSON.parse(withLines(declaration(file), file)) as Declared;
  const sites = (declared.sites ?? []).map((site) => resolveSite(site, file));
  const defaults = {
    how: 'attach',
    loops: 40,
    seconds: 18,
    slow: false,
    silent: false,
    allocatorsOwn: 0,
    underWay: 0,
    since: '7.4',
    ini: [],
    says: [],
    needs: [],
  } as const;
  return { name: basename(file, '.php'), file, truth: { ...defaults, ...declared, sites } };
}

/** With marks in names (`worker.php:@loop`) turned into line numbers, and `{file}` into the program's own path. */
function withLines(text: string, file: string): string {
  return text.replaceAll('{file}', file).replace(/:(@[\w-]+)/g, (_, mark: string) => `:${markedLine(file, mark)}`);
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
  const file = site.file === undefined ? caseFile : join(dirname(caseFile), site.file);
  const { verdict, line, app, ...rest } = site;
  if (/leak|orphan/.test(verdict) && site.holder === undefined) throw new Error(`${caseFile}: ${line} needs a holder`);
  const resolved = { ...rest, file, line: markedLine(file, line), verdicts: verdict.split('|') };
  if (app === undefined) return resolved;
  return { ...resolved, app: { file: caseFile, line: markedLine(caseFile, app.line), function: app.function } };
}

/** Whether a PHP (`8.2.36`, `8.2`) is of this version or a later one. */
export function isSince(minor: string, php: string): boolean {
  return minor.localeCompare(php, 'en', { numeric: true }) <= 0;
}

/** Of the values by the version since which they hold, the one for `php` (`8.2.36`). */
export function valueFor<Value extends string | number>(
  values: ByVersion<Value> | undefined,
  php: string,
): Value | undefined {
  if (typeof values !== 'object') return values;
  const isReached = (minor: string): boolean => isSince(minor, php);
  const newestFirst = Object.keys(values).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return values[newestFirst.find(isReached) ?? ''];
}

/** Whether what was found is one of the declared names; where none is declared anything is right. */
export function isRight(declared: ByVersion<string> | null | undefined, found: string | null, php: string): boolean {
  if (declared === undefined || declared === null) return declared === undefined || found === null;
  const names = valueFor(declared, php)?.split(' | ') ?? [];
  return found !== null && names.includes(found);
}

/** The line whose comment begins with a mark such as `@leak-1`. */
export function markedLine(file: string, mark: string): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  const found = lines.flatMap((line, i) => (new RegExp(`// ${mark}(\\s|$)`).test(line) ? [i + 1] : []));
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${file} has ${found.length} lines marked ${mark}`);
  return found[0];
}
