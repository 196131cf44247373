import { holdsAddress } from '../php/allocator-code.js';
import type { FunctionBounds } from '../php/code-image.js';
import { UnreadableMemory, pointerAt } from '../php/memory.js';
import type { PhpProcess } from '../php/process.js';
import type { StoppedThread } from '../php/stopped-process.js';
import { PAGE_BYTES } from '../native/page.js';

/** What libc's wrappers of system calls may push below their return address. */
const STACK_BYTES = 256;

/**
 * The system calls that the allocator makes: mmap, mprotect, munmap, mremap, madvise, prctl to name its memory
 * (arch/x86/entry/syscalls/syscall_64.tbl; Zend/zend_alloc.c).
 */
const OF_ALLOCATOR: ReadonlySet<number> = new Set([9, 10, 11, 25, 28, 157]);

/**
 * True where the thread that uses the heap may be in the middle of an allocation: it executes the allocator's code, or
 * another library's with what looks like a return address there at the top of the stack. Deeper in the stack, in buffers
 * that nobody has filled yet, old return addresses stay for good, so nobody looks there; and in any other system call it
 * is not inside, whatever the stack looks like.
 *
 * @param code as `allocatorCode` gives it: with all of PHP's own functions that the allocator calls.
 */
export function isInsideAllocator(
  { systemCall, rip, rsp }: StoppedThread,
  process: PhpProcess,
  code: readonly FunctionBounds[],
): boolean {
  if (systemCall >= 0 && !OF_ALLOCATOR.has(systemCall)) return false;
  const isInside = (address: number): boolean => holdsAddress(code, address - process.loadBias);
  if (isInside(rip)) return true;
  if (isPhpCode(process, rip)) return false;
  const stack = stackTop(process, rsp);
  for (let at = 0; at + 8 <= stack.byteLength; at += 8) if (isInside(pointerAt(stack, at))) return true;
  return false;
}

/** Not so the stubs by which PHP calls libraries: they are in a section of their own. */
function isPhpCode({ elf, loadBias }: PhpProcess, address: number): boolean {
  const text = elf.section('.text');
  if (text === undefined) return false;
  const at = address - loadBias - text.address;
  return at >= 0 && at < text.sizeBytes;
}

/** Less where the stack begins within. */
function stackTop({ memory }: PhpProcess, stackPointer: number): DataView {
  try {
    return memory.read(stackPointer, STACK_BYTES);
  } catch (error) {
    if (!(error instanceof UnreadableMemory)) throw error;
    return memory.read(stackPointer, PAGE_BYTES - (stackPointer % PAGE_BYTES));
  }
}
