import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { PhptraceError } from '../errors.js';
import type { PhpBuild } from '../php/build.js';
import type { ElfFile } from '../php/elf.js';
import { argumentsOf } from '../php/php-command.js';
import { detectVersion } from '../php/php-version.js';
import { globalsOfAll, namedThread } from '../php/globals.js';
import type { Globals } from '../php/globals.js';
import { NoPhpThread } from '../php/php-threads.js';
import { NotPhp, UnreadablePhp, readSapi } from '../php/process.js';
import type { PhpProcess } from '../php/process.js';
import { HeapGauge } from './heap-gauge.js';
import { KnownBuilds } from './known-builds.js';
import type { Opening } from './target.js';

/** A process that is PHP, or that by its name must be; or one thread of it, where several run PHP. */
export interface FoundPhp {
  readonly pid: number;
  readonly thread?: number;
  readonly argv: readonly string[];
  readonly version?: string;
  readonly sapi?: string;
  readonly gauge?: HeapGauge;
  /** Why there is no gauge, in a few words. */
  readonly unread?: string;
}

/** Finds the PHP processes of this machine. What many of them share is looked at once. */
export class PhpFinder {
  /** Processes that may be PHP, but that we have no right to look into. */
  forbidden = 0;
  /** Why the first of them cannot be looked into. */
  forbiddenWhy = '';
  private readonly builds: KnownBuilds;

  constructor(opening: Opening) {
    this.builds = new KnownBuilds(opening);
  }

  find(): FoundPhp[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.map(Number).flatMap((pid) => this.look(pid));
  }

  close(): void {
    this.builds.close();
  }

  /** Empty where it is not PHP, or gone. */
  private look(pid: number): FoundPhp[] {
    const argv = readArguments(pid);
    // Threads of the kernel, and the dead.
    if (argv.length === 0) return [];
    try {
      const php = this.builds.open(pid);
      const sapi = readSapi(php);
      const known = { pid, argv, version: detectVersion(php.elf), ...(sapi === undefined ? {} : { sapi }) };
      const build = this.builds.build(php.elf);
      if (build instanceof PhptraceError) return [{ ...known, unread: whyUnderived(php.elf) }];
      try {
        return globalsOfAll(php, build).map((globals) => {
          const thread = namedThread(pid, globals);
          return { ...known, ...(thread === undefined ? {} : { thread }), ...gaugeOf(php, build, globals) };
        });
      } catch (error) {
        return [{ ...known, unread: whyUnread(error) }];
      }
    } catch (error) {
      return this.explain(pid, argv, error);
    }
  }

  private explain(pid: number, argv: readonly string[], error: unknown): FoundPhp[] {
    if (error instanceof UnreadablePhp) return [{ pid, argv, unread: error.short }];
    if (!(error instanceof PhptraceError)) throw error;
    if (error instanceof NotPhp || readArguments(pid).length === 0) return [];
    if (/^php/i.test(basename(argv[0] ?? ''))) return [{ pid, argv, unread: 'no rights' }];
    if (this.forbidden++ === 0) this.forbiddenWhy = error.message;
    return [];
  }
}

function gaugeOf(process: PhpProcess, { heap }: PhpBuild, globals: Globals): Pick<FoundPhp, 'gauge' | 'unread'> {
  try {
    return { gauge: new HeapGauge({ process, heap, globals }) };
  } catch (error) {
    return { unread: whyUnread(error) };
  }
}

function readArguments(pid: number): string[] {
  try {
    return argumentsOf(pid);
  } catch {
    return [];
  }
}

function whyUnderived(elf: ElfFile): string {
  return elf.symbol('executor_globals_offset') === undefined ? 'unknown layout' : 'thread-safe build';
}

function whyUnread(error: unknown): string {
  if (error instanceof UnreadablePhp) return error.short;
  if (error instanceof NoPhpThread) return 'not started';
  if (error instanceof PhptraceError) return 'no rights';
  throw error;
}
