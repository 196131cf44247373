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

koffi.struct('iovec', { base: 'intptr_t', length: 'size_t' });
const rawReadv = libc.func(
  'long process_vm_readv(int pid, iovec *local, unsigned long localCount, iovec *remote, unsigned long remoteCount, unsigned long flags)',
);

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

/**
 * Copies memory of another process into `to`. Returns the number of bytes copied, which is less than asked for where
 * a page is not mapped. @throws SystemCallError where nothing can be read for want of rights or of the process.
 */
export function readProcessMemory(pid: number, address: number, to: Uint8Array): number {
  const EFAULT = constants.errno.EFAULT;
  // Touching the buffer moves a small array out of the garbage collector's heap, so its address stays.
  const base = koffi.address(to.buffer) + BigInt(to.byteOffset);
  const local = [{ base, length: to.byteLength }];
  const remote = [{ base: address, length: to.byteLength }];
  const result = Number(rawReadv(pid, local, 1, remote, 1, 0));
  if (result >= 0) return result;
  const errno = koffi.errno();
  if (errno === EFAULT) return 0;
  throw new SystemCallError('process_vm_readv', errno);
}

/** Sleeps, and gives way to no other work of this program. */
export function pauseMs(ms: number): void {
  Atomics.wait(SLEEPER, 0, 0, ms);
}

const SLEEPER = new Int32Array(new SharedArrayBuffer(4));
