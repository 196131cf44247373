import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { PhptraceError } from '../errors.js';
import type { PhpBuild } from '../php/build.js';
import type { ElfFile } from '../php/elf.js';
import { PhpBinaries } from '../php/php-binaries.js';
import { argumentsOf } from '../php/php-command.js';
import { detectVersion } from '../php/php-version.js';
import { findGlobals } from '../php/globals.js';
import { NotPhp, UnreadablePhp, openPhpProcess, readSapi } from '../php/process.js';
import { HeapGauge } from './heap-gauge.js';
import { buildOf } from './target.js';
import type { Opening } from './target.js';

/** A process that is PHP, or that by its name must be. */
export interface FoundPhp {
  readonly pid: number;
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
  private readonly binaries = new PhpBinaries();
  private readonly builds = new Map<ElfFile, PhpBuild | PhptraceError>();

  constructor(private readonly opening: Opening) {}

  find(): FoundPhp[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.map(Number).flatMap((pid) => this.look(pid) ?? []);
  }

  close(): void {
    this.binaries.close();
  }

  /** Undefined where it is not PHP, or gone. */
  private look(pid: number): FoundPhp | undefined {
    const argv = readArguments(pid);
    // Threads of the kernel, and the dead.
    if (argv.length === 0) return undefined;
    try {
      const php = openPhpProcess(pid, this.binaries.open);
      const sapi = readSapi(php);
      const known = { pid, argv, version: detectVersion(php.elf), ...(sapi === undefined ? {} : { sapi }) };
      const build = this.build(php.elf);
      if (build instanceof PhptraceError) return { ...known, unread: whyUnderived(php.elf) };
      try {
        return { ...known, gauge: new HeapGauge({ process: php, heap: build.heap, globals: findGlobals(php, build) }) };
      } catch (error) {
        return { ...known, unread: whyUnread(error) };
      }
    } catch (error) {
      return this.explain(pid, argv, error);
    }
  }

  private build(elf: ElfFile): PhpBuild | PhptraceError {
    let build = this.builds.get(elf);
    if (!build) {
      try {
        build = buildOf(elf, this.opening);
      } catch (error) {
        if (!(error instanceof PhptraceError)) throw error;
        this.opening.debug?.(error.message);
        build = error;
      }
      this.builds.set(elf, build);
    }
    return build;
  }

  private explain(pid: number, argv: readonly string[], error: unknown): FoundPhp | undefined {
    if (error instanceof UnreadablePhp) return { pid, argv, unread: error.short };
    if (!(error instanceof PhptraceError)) throw error;
    if (error instanceof NotPhp || readArguments(pid).length === 0) return undefined;
    if (/^php/i.test(basename(argv[0] ?? ''))) return { pid, argv, unread: 'no rights' };
    if (this.forbidden++ === 0) this.forbiddenWhy = error.message;
    return undefined;
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
  if (error instanceof PhptraceError) return 'no rights';
  throw error;
}
