import { closeSync, openSync } from 'node:fs';
import { PhptraceError } from '../errors.js';
import { openElf } from './elf.js';
import type { ElfFile } from './elf.js';
import type { Mapped } from './maps.js';
import { ProcessMemory } from './memory.js';

/** elf(5). */
const PT_LOAD = 1;
const PAGE_MASK = ~0xfff;

/**
 * A name that opens the very file that is mapped. To follow a link of map_files takes CAP_CHECKPOINT_RESTORE: without
 * it the name below the process's root serves, while the file there has the build id that is mapped.
 */
export function nameOfMapped(pid: number, mappings: readonly [Mapped, ...Mapped[]]): string {
  const [{ start, end, path }] = mappings;
  const mapped = `/proc/${String(pid)}/map_files/${start.toString(16)}-${end.toString(16)}`;
  try {
    closeSync(openSync(mapped, 'r'));
    return mapped;
  } catch {
    const named = `/proc/${String(pid)}/root${path}`;
    return isMapped(named, pid, mappings) ? named : mapped;
  }
}

/** What is added to an address of the file for one of the process. */
export function biasOf(elf: ElfFile, mappings: readonly Mapped[]): number {
  // The loader maps each PT_LOAD by whole pages: one of them tells the bias for all.
  for (const { type, address, offset } of elf.headers.segments) {
    if (type !== PT_LOAD) continue;
    const mapped = mappings.find((map) => map.offset === (offset & PAGE_MASK));
    if (mapped) return mapped.start - (address - (offset & 0xfff));
  }
  throw new PhptraceError(`${elf.name} is mapped in no way that its program headers explain: it was replaced on disk?`);
}

/** By build id and not by inode: an overlay shows other inodes in mappings than by name. */
function isMapped(named: string, pid: number, mappings: readonly Mapped[]): boolean {
  let elf: ElfFile | undefined;
  try {
    elf = openElf(named);
    const note = elf.section('.note.gnu.build-id');
    if (note === undefined) return false;
    const mapped = new ProcessMemory(pid).read(note.address + biasOf(elf, mappings), note.sizeBytes);
    return Buffer.from(mapped.buffer, mapped.byteOffset, mapped.byteLength).equals(elf.sectionBytes(note));
  } catch (error) {
    if (!(error instanceof PhptraceError)) throw error;
    return false;
  } finally {
    elf?.close();
  }
}
