import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename } from 'node:path';
import { UnreadableFile, openElf } from './elf.js';
import type { ElfFile } from './elf.js';
import { UnreadablePhp, looksLikePhp } from './process.js';
import type { OpenMapped } from './process.js';

/** Files that have PHP in them, each opened once however many processes run it, and every other file looked at once. */
export class PhpBinaries {
  private readonly known = new Map<string, Found>();

  /**
   * The file where it is PHP, else undefined. Of libraries those are looked at closely that call themselves php or
   * export PHP's allocator. @throws UnreadablePhp where it is PHP without symbols, or for another machine; UnreadableFile,
   * as where the process has gone
   */
  readonly open: OpenMapped = (file, name) => {
    const stat = statOf(file);
    if (!stat?.isFile()) return undefined;
    const key = `${String(stat.dev)}:${String(stat.ino)}`;
    let found = this.known.get(key);
    if (!found) this.known.set(key, (found = inspect(file, name)));
    if (found instanceof UnreadablePhp) throw found;
    return found;
  };

  close(): void {
    for (const found of this.known.values()) if (found && !(found instanceof UnreadablePhp)) found.close();
    this.known.clear();
  }
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw new UnreadableFile(file, error as NodeJS.ErrnoException);
  }
}

type Found = ElfFile | UnreadablePhp | undefined;

function inspect(file: string, name: string): Found {
  const mayHide = file.endsWith('/exe') || basename(name).includes('php');
  let elf: ElfFile;
  try {
    elf = openElf(file);
  } catch {
    return mayHide ? foreignPhp(file, name) : undefined;
  }
  try {
    if (exportsAllocator(elf)) return elf;
    const hidden = mayHide && looksLikePhp(elf);
    elf.close();
    return hidden
      ? new UnreadablePhp('no symbols', `${name} is PHP without symbols (no _emalloc in .dynsym)`)
      : undefined;
  } catch {
    elf.close();
    return undefined;
  }
}

/** Asked of every library of the machine, so its names are searched as they lie before a table is made of them. */
function exportsAllocator(elf: ElfFile): boolean {
  const mayExport = ['.dynstr', '.strtab'].some((name) => {
    const section = elf.section(name);
    return section !== undefined && Buffer.from(elf.sectionBytes(section)).includes('_emalloc\0');
  });
  return mayExport && elf.symbol('_emalloc') !== undefined;
}

const ELF_MAGIC = 0x7f454c46;
const MARK = Buffer.from('X-Powered-By: PHP/');
const BLOCK_BYTES = 1 << 20;
/** Larger than any build known (144 MB). */
const MOST_BYTES = 1 << 28;
/** e_machine (elf.h). */
const MACHINES: Readonly<Record<number, string>> = { 3: 'i386', 40: 'arm', 62: 'x32', 183: 'aarch64', 243: 'riscv' };

/** An ELF file that is not for x86-64 and announces itself as PHP. */
function foreignPhp(file: string, name: string): UnreadablePhp | undefined {
  const fd = openSync(file, 'r');
  try {
    const block = Buffer.alloc(BLOCK_BYTES + MARK.length);
    readSync(fd, block, 0, 20, 0);
    if (block.readUInt32BE(0) !== ELF_MAGIC) return undefined;
    const machine = MACHINES[block.readUInt16LE(18)] ?? 'another machine';
    for (let at = 0; at < MOST_BYTES; at += BLOCK_BYTES) {
      const got = readSync(fd, block, 0, block.length, at);
      if (block.subarray(0, got).includes(MARK)) {
        return new UnreadablePhp(`built for ${machine}`, `${name} is PHP for ${machine}: only x86-64 can be traced`);
      }
      if (got < block.length) return undefined;
    }
    return undefined;
  } finally {
    closeSync(fd);
  }
}
