import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { packageFile } from '../package-files.js';
import type { PhpBuild } from './build.js';
import type { ElfFile } from './elf.js';
import { placeOfGlobal } from './thread-storage.js';

/** What a file holds, after its checksum. */
interface Entry {
  /** Digest of the instructions at the probe sites. */
  readonly code: string;
  readonly build: PhpBuild;
}

/** What decides where the cache is. */
export interface CacheSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly home: string;
}

/** Hears in one sentence why a build was not taken from the cache, or not put there. */
export type CacheListener = (sentence: string) => void;

/** Twenty times what the largest build takes. */
const MOST_BYTES = 1 << 20;
const OLD_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const DIGEST = /^[0-9a-f]{64}$/;

/**
 * What was derived of PHP binaries before, a file each, by the binary's build id. It spares time and nothing else: a
 * file that is missing, damaged, of another version of this program or of another binary is passed over, the reason is
 * told to `say`, and nothing here throws.
 */
export class BuildCache {
  private readonly directory: string;

  constructor(
    private readonly say: CacheListener,
    private readonly surroundings: CacheSurroundings = ownSurroundings(),
  ) {
    this.directory = cacheDirectory(surroundings);
  }

  /** The build of this binary, or undefined where the cache has none that it can vouch for. */
  read(elf: ElfFile): PhpBuild | undefined {
    const file = this.fileOf(elf);
    if (file === undefined) return undefined;
    try {
      if (this.refusal(false) !== undefined) return undefined;
      const { code, build } = parse(this.contents(file));
      if (code === probedCode(elf, build)) return build;
      this.say(`${file} is passed over: it is of another binary with the same build id`);
    } catch (error) {
      if (!isMissing(error)) this.say(`${file} is passed over: ${reasonOf(error)}`);
    }
    return undefined;
  }

  /** Keeps a build, and drops what an older version of this program kept of the same binary. */
  write(elf: ElfFile, build: PhpBuild): void {
    const file = this.fileOf(elf);
    if (file === undefined) return;
    try {
      const refusal = this.refusal(true);
      if (refusal !== undefined) {
        this.say(refusal);
        return;
      }
      const text = JSON.stringify({ code: probedCode(elf, build), build } satisfies Entry);
      const draft = `${file}.${String(process.pid)}`;
      rmSync(draft, { force: true });
      writeFileSync(draft, `${sha256(text)}\n${text}`, { mode: 0o600, flag: 'wx' });
      renameSync(draft, file);
      this.dropOlder(elf, file);
    } catch (error) {
      this.say(`the layout of ${elf.name} is not kept: ${reasonOf(error)}`);
    }
  }

  /** By build id and by the code that derives: what another version of it found is not asked for. */
  private fileOf(elf: ElfFile): string | undefined {
    const id = elf.buildId();
    if (id === undefined) this.say(`${elf.name} has no build id: its layout is derived each time`);
    return id === undefined ? undefined : join(this.directory, `${id}-${codeDigest()}.json`);
  }

  /** Why the directory is not to be used: others could have laid files into it. */
  private refusal(make: boolean): string | undefined {
    if (make) mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const stat = lstatSync(this.directory);
    if (stat.isDirectory() && stat.uid === this.surroundings.uid && (stat.mode & 0o022) === 0) return undefined;
    return `the cache ${this.directory} is not used: it is a link, or it is another user's, or others can write there`;
  }

  private contents(file: string): string {
    const fd = openSync(file, OLD_FILE);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile() || stat.uid !== this.surroundings.uid || (stat.mode & 0o022) !== 0) {
        throw new Error("it is no file of the user's own");
      }
      if (stat.size > MOST_BYTES) throw new Error('it is too large');
      return readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  }

  private dropOlder(elf: ElfFile, file: string): void {
    const id = elf.buildId() ?? '';
    for (const name of readdirSync(this.directory)) {
      const other = join(this.directory, name);
      if (name.startsWith(`${id}-`) && other !== file) rmSync(other, { force: true });
    }
  }
}

/** `$XDG_CACHE_HOME/phptrace`, for root `/var/cache/phptrace`. */
export function cacheDirectory({ env, uid, home }: CacheSurroundings): string {
  const cache = env['XDG_CACHE_HOME'];
  // The XDG base directory specification has relative paths ignored.
  if (cache !== undefined && isAbsolute(cache)) return join(cache, 'phptrace');
  return uid === 0 ? '/var/cache/phptrace' : join(home, '.cache', 'phptrace');
}

/** The checksum vouches for every byte; what the bytes mean is told by the code's digest in the file's name. */
function parse(contents: string): Entry {
  const end = contents.indexOf('\n');
  const [sum, text] = [contents.slice(0, Math.max(end, 0)), contents.slice(end + 1)];
  if (!DIGEST.test(sum) || sha256(text) !== sum) throw new Error('it is damaged');
  return JSON.parse(text) as Entry;
}

/** Of the modules of `src/php`, which are all that a derivation depends on but for the binary. */
function codeDigest(): string {
  if (digest === undefined) {
    const folder = packageFile('build/src/php');
    const modules = readdirSync(folder).filter((name) => name.endsWith('.js'));
    const hash = createHash('sha256');
    for (const name of modules.sort()) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
    digest = hash.digest('hex').slice(0, 16);
  }
  return digest;
}

let digest: string | undefined;

/** The longest conditional jump. A file that was patched keeps its build id: its code at the sites must be the same. */
const SITE_BYTES = 6;

function probedCode(elf: ElfFile, { sites, layout }: PhpBuild): string {
  const { alloc, free, realloc, heapApi, results, reset, destroyOpArray, fiberSwitch } = sites;
  const api = [...heapApi.alloc, ...heapApi.free, ...heapApi.realloc];
  const hash = createHash('sha256').update(
    JSON.stringify(placeOfGlobal(elf, 'executor_globals')) + JSON.stringify(layout.executorGlobals),
  );
  const others = [reset, destroyOpArray, ...(fiberSwitch ? [fiberSwitch] : [])];
  for (const { address } of [...alloc, ...free, ...realloc, ...api, ...results, ...others]) {
    hash.update(`${String(address)} `).update(elf.read(address, SITE_BYTES));
  }
  return hash.digest('hex');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function ownSurroundings(): CacheSurroundings {
  return { env: process.env, uid: process.geteuid?.() ?? -1, home: homedir() };
}
