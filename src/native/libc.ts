import koffi from 'koffi';
import { constants } from 'node:os';
import { PhptraceError } from '../errors.js';

/** An address in this process, or 0n. */
export type Address = bigint;

const libc = koffi.load('libc.so.6');

const rawSyscall = libc.func(
  'long syscall(long number, intptr_t a, intptr_t b, intptr_t c, intptr_t d, intptr_t e, intptr_t f)',
);
const rawMmap = libc.func(
  'intptr_t mmap(intptr_t address, size_t length, int protection, int flags, int fd, long offset)',
);
const rawMunmap = libc.func('int munmap(intptr_t address, size_t length)');
const rawClose = libc.func('int close(int fd)');
const rawDlsym = libc.func('intptr_t dlsym(intptr_t library, const char *name)');
const rawPthreadCreate = libc.func(
  'int pthread_create(_Out_ uint64_t *thread, intptr_t attributes, intptr_t start, intptr_t argument)',
);
const rawPthreadJoin = libc.func('int pthread_join(uint64_t thread, intptr_t result)');

const errnoNames = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The symbolic name of an errno, `EPERM`. */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? `errno ${String(errno)}`;
}

/** A system call that failed; what it was about stands in the message of the error that wraps it. */
export class SystemCallError extends PhptraceError {
  constructor(
    readonly operation: string,
    readonly errno: number,
  ) {
    super(`${operation} failed: ${errnoName(errno)}`);
  }

  get errnoName(): string {
    return errnoName(this.errno);
  }
}

/** Runs a system call by number; throws SystemCallError where it returns -1. */
export function systemCall(operation: string, number: number, ...args: (number | bigint)[]): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
  const result = Number(rawSyscall(number, a, b, c, d, e, f));
  if (result === -1) throw new SystemCallError(operation, koffi.errno());
  return result;
}

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;

/** arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/mman-common.h, POPULATE_WRITE since Linux 5.14. */
const SYS_MADVISE = 28;
const MADV_POPULATE_WRITE = 23;

/** Memory shared with the kernel, seen without a copy. It stays mapped until `unmap`. */
export interface Mapping {
  readonly buffer: ArrayBuffer;
  unmap(): void;
}

/** Maps a part of what fd stands for. @throws SystemCallError */
export function mapShared(fd: number, lengthBytes: number, offsetBytes: number, writable: boolean): Mapping {
  const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const address = BigInt(rawMmap(0, lengthBytes, protection, MAP_SHARED, fd, offsetBytes) as number | bigint);
  if (address === -1n) throw new SystemCallError('mmap', koffi.errno());
  return {
    buffer: koffi.view(address, lengthBytes),
    unmap: () => void rawMunmap(address, lengthBytes),
  };
}

/** Memory of this process by whole pages, all of it in place before it is used. */
export class Pages {
  private constructor(
    readonly address: Address,
    readonly sizeBytes: number,
  ) {}

  /** @throws SystemCallError: ENOMEM where the machine has not so much */
  static map(sizeBytes: number): Pages {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS;
    const address = BigInt(rawMmap(0, sizeBytes, PROT_READ | PROT_WRITE, flags, -1, 0) as number | bigint);
    if (address === -1n) throw new SystemCallError('mmap', koffi.errno());
    const pages = new Pages(address, sizeBytes);
    try {
      systemCall('madvise(POPULATE_WRITE)', SYS_MADVISE, address, sizeBytes, MADV_POPULATE_WRITE);
    } catch (error) {
      pages.unmap();
      throw error;
    }
    return pages;
  }

  unmap(): void {
    rawMunmap(this.address, this.sizeBytes);
  }

  /** Gives back all but the first pages, and those when the buffer is garbage. The object is of no use any more. */
  toBuffer(lengthBytes: number): ArrayBuffer {
    if (lengthBytes < this.sizeBytes) rawMunmap(this.address + BigInt(lengthBytes), this.sizeBytes - lengthBytes);
    const buffer = koffi.view(this.address, lengthBytes);
    UNUSED_PAGES.register(buffer, new Pages(this.address, lengthBytes));
    return buffer;
  }
}

const UNUSED_PAGES = new FinalizationRegistry<Pages>((pages) => pages.unmap());

/** A view of memory of this process that a library owns. */
export function viewMemory(address: Address, lengthBytes: number): ArrayBuffer {
  return koffi.view(address, lengthBytes);
}

export function closeFd(fd: number): void {
  rawClose(fd);
}

/**
 * Closes all at once, each from a thread of its own: closing a perf event waits for the kernel, one after the other
 * for seconds, and those waits overlap. (Node's own pool has four threads.)
 */
export async function closeFdsInParallel(fds: readonly number[]): Promise<void> {
  if (fds.length <= 1) {
    for (const fd of fds) closeFd(fd);
    return;
  }
  const closeFunction = BigInt(rawDlsym(0, 'close') as number | bigint);
  const threads: bigint[] = [];
  for (const fd of fds) {
    const thread = new BigUint64Array(1);
    if (rawPthreadCreate(thread, 0, closeFunction, fd) === 0) threads.push(thread[0] ?? 0n);
    else closeFd(fd);
  }
  await Promise.all(
    threads.map(
      (thread) =>
        new Promise<void>((resolve) => {
          rawPthreadJoin.async(thread, 0, () => {
            resolve();
          });
        }),
    ),
  );
}

/** System call number of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
const SYS_PROCESS_VM_READV = 310;

/**
 * Copies memory of another process into `to`. Returns the number of bytes copied, which is less than asked for where
 * a page is not mapped. @throws SystemCallError where nothing can be read for want of rights or of the process
 */
export function readProcessMemory(pid: number, address: number, to: Uint8Array): number {
  // Touching the buffer moves a small array out of the garbage collector's heap, so its address stays.
  LOCAL[0] = koffi.address(to.buffer) + BigInt(to.byteOffset);
  REMOTE[0] = BigInt(address);
  LOCAL[1] = REMOTE[1] = BigInt(to.byteLength);
  return readVectors(pid, LOCAL_ADDRESS, REMOTE_ADDRESS, 1);
}

/** One struct iovec { base, length } each. */
const LOCAL = new BigUint64Array(2);
const REMOTE = new BigUint64Array(2);
const LOCAL_ADDRESS = koffi.address(LOCAL.buffer);
const REMOTE_ADDRESS = koffi.address(REMOTE.buffer);

/**
 * process_vm_readv from and to as many struct iovec each, at addresses of this process. Returns the number of bytes
 * copied, 0 where the first cannot be read. @throws SystemCallError for want of rights or of the process
 */
export function readVectors(pid: number, local: Address, remote: Address, count: number): number {
  const result = Number(rawSyscall(SYS_PROCESS_VM_READV, pid, local, count, remote, count, 0));
  if (result >= 0) return result;
  const errno = koffi.errno();
  if (errno === constants.errno.EFAULT) return 0;
  throw new SystemCallError('process_vm_readv', errno);
}

/** Sleeps, and gives way to no other work of this program. */
export function pauseMs(ms: number): void {
  Atomics.wait(SLEEPER, 0, 0, ms);
}

const SLEEPER = new Int32Array(new SharedArrayBuffer(4));
