import { PhptraceError } from '../errors.js';
import type { PhpBuild } from '../php/build.js';
import type { ElfFile } from '../php/elf.js';
import { PhpBinaries } from '../php/php-binaries.js';
import { UnreadablePhp, openPhpProcess } from '../php/process.js';
import type { PhpProcess } from '../php/process.js';
import { buildOf } from './target.js';
import type { Opening } from './target.js';

/** The PHP binaries of many processes, and what is derived of each: looked at once, however many run it. To be closed. */
export class KnownBuilds {
  private readonly binaries = new PhpBinaries();
  private readonly builds = new Map<ElfFile, PhpBuild | PhptraceError>();

  constructor(private readonly opening: Opening) {}

  /** Its `elf` is not the caller's to close. @throws PhptraceError as `openPhpProcess` */
  open(pid: number): PhpProcess {
    return openPhpProcess(pid, this.binaries.open);
  }

  /** Also where it is a PHP that cannot be read. */
  isPhp(pid: number): boolean {
    try {
      this.open(pid);
      return true;
    } catch (error) {
      return error instanceof UnreadablePhp;
    }
  }

  /** An error where something cannot be proven. */
  build(elf: ElfFile): PhpBuild | PhptraceError {
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

  close(): void {
    this.binaries.close();
  }
}
