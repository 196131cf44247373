import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';

/** EI_CLASS of a 32-bit ELF file (elf(5)). */
const ELFCLASS32 = 1;
const EI_CLASS = 4;

/**
 * Why a process in which no PHP was found may be one all the same, and the way out; a hint to look for the right pid
 * where nothing speaks for that.
 *
 * @param name of its executable
 * @param file that opens it
 */
export function explainNoPhp(name: string, file: string): string {
  if (/^qemu-/.test(basename(name))) {
    return 'an emulator (qemu-user) runs it, and its machine code is none of this machine: use a PHP built for x86-64';
  }
  if (is32Bit(file)) return 'it is a 32-bit program: use a 64-bit PHP (amd64)';
  return "no mapped file has PHP's allocator: `phptrace ps` lists the processes that run PHP";
}

function is32Bit(file: string): boolean {
  const head = Buffer.alloc(EI_CLASS + 1);
  try {
    const fd = openSync(file, 'r');
    try {
      readSync(fd, head);
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
  return head.toString('latin1', 0, EI_CLASS) === '\x7fELF' && head[EI_CLASS] === ELFCLASS32;
}
