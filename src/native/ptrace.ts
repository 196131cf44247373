import koffi from 'koffi';
import { constants } from 'node:os';
import { SystemCallError, systemCall } from './libc.js';

/** System call numbers of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
const SYS_PTRACE = 101;
const SYS_WAITID = 247;

/** include/uapi/linux/ptrace.h. */
const PTRACE_GETREGS = 12;
const PTRACE_DETACH = 17;
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;

/** include/uapi/linux/wait.h. */
const P_PID = 1;
const WNOHANG = 0x1;
const WSTOPPED = 0x2;
const WEXITED = 0x4;
const WNOWAIT = 0x0100_0000;
const WALL = 0x4000_0000;

/** siginfo_t (include/uapi/asm-generic/siginfo.h): 128 bytes; where a child's pid and status lie, in words of 4. */
const SIGINFO_WORDS = 32;
const SI_CODE = 2;
const SI_PID = 4;
const SI_STATUS = 6;
/** si_code of a thread that ended, and of one that stopped for its tracer. */
const CLD_EXITED = 1;
const CLD_TRAPPED = 4;

/** struct user_regs_struct (arch/x86/include/asm/user_64.h): 27 words; which of them. */
const REGISTER_WORDS = 27;
/** r15, r14, r13, r12, rbp, rbx, r11 to r8, rax, rcx, rdx, rsi, rdi. */
const GENERAL_WORDS = 15;
const ORIG_RAX = 15;
const RIP = 16;
const RSP = 19;

/** Where a thread that stands still was. */
export interface ThreadRegisters {
  readonly rip: number;
  readonly rsp: number;
  /** The number of the system call that it was in; negative where it ran code of its own. */
  readonly systemCall: number;
  /** The general registers' contents that can be addresses: above the first 4 GiB, in user space. */
  readonly pointers: readonly number[];
}

/**
 * Begins to trace a thread, which goes on running. All that follows must be called on the thread that called this; the
 * kernel lets the traced thread go when that one ends, however it ends. @throws SystemCallError
 */
export function seize(tid: number): void {
  systemCall('ptrace(SEIZE)', SYS_PTRACE, PTRACE_SEIZE, tid);
}

/** Asks a seized thread to stop. Nobody but the tracer sees it: no signal is sent. @throws SystemCallError */
export function interrupt(tid: number): void {
  systemCall('ptrace(INTERRUPT)', SYS_PTRACE, PTRACE_INTERRUPT, tid);
}

/** Ends the tracing of a stopped thread, and delivers the signal (0: none) that it stopped at. @throws SystemCallError */
export function detach(tid: number, signal: number): void {
  systemCall('ptrace(DETACH)', SYS_PTRACE, PTRACE_DETACH, tid, 0, signal);
}

/** @throws SystemCallError */
export function readRegisters(tid: number): ThreadRegisters {
  const words = new BigInt64Array(REGISTER_WORDS);
  systemCall('ptrace(GETREGS)', SYS_PTRACE, PTRACE_GETREGS, tid, 0, koffi.address(words.buffer));
  const word = (index: number): number => Number(words[index] ?? 0n);
  const pointers = Array.from({ length: GENERAL_WORDS }, (_, index) => word(index));
  return {
    rip: word(RIP),
    rsp: word(RSP),
    systemCall: word(ORIG_RAX),
    pointers: pointers.filter((value) => value >= 2 ** 32 && value < 2 ** 47),
  };
}

/** What has come of a seized thread. */
export type TraceeState =
  | { readonly is: 'running' }
  /** `signal` is one that it was about to get: it must be given to `detach`, or it is lost. */
  | { readonly is: 'stopped'; readonly signal: number }
  | { readonly is: 'ended' };

/** Looks without waiting, and leaves it to be seen again. @throws SystemCallError */
export function traceeState(tid: number): TraceeState {
  const change = waitNow(tid, WSTOPPED | WEXITED | WNOWAIT);
  if (change === undefined) return { is: 'running' };
  if (change.code !== CLD_TRAPPED) return { is: 'ended' };
  // A stop at a signal has the signal alone; one for the tracer has an event in the byte above.
  return { is: 'stopped', signal: change.status >> 8 === 0 ? change.status : 0 };
}

/** Takes note of the end of a seized thread, so that its parent may. False where it cannot be taken note of yet. */
export function reap(tid: number): boolean {
  return waitNow(tid, WEXITED) !== undefined;
}

/** Undefined where nothing has happened. A stop is told whether asked for or not. */
function waitNow(tid: number, what: number): { code: number; status: number } | undefined {
  const info = new Int32Array(SIGINFO_WORDS);
  try {
    systemCall('waitid', SYS_WAITID, P_PID, tid, koffi.address(info.buffer), what | WNOHANG | WALL, 0);
  } catch (error) {
    if (!(error instanceof SystemCallError && error.errno === constants.errno.ECHILD)) throw error;
    // There is no such thread any more, or nobody traces it.
    return { code: CLD_EXITED, status: 0 };
  }
  if (info[SI_PID] === 0) return undefined;
  return { code: info[SI_CODE] ?? 0, status: info[SI_STATUS] ?? 0 };
}
