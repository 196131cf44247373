import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { PhptraceError } from '../errors.js';
import { wayToRights } from '../native/capabilities.js';
import { SystemCallError, pauseMs } from '../native/libc.js';
import { detach, interrupt, readRegisters, seize, traceeState } from '../native/ptrace.js';
import type { ThreadRegisters } from '../native/ptrace.js';
import { explainProc } from './maps.js';
import { goneProcess } from './memory.js';
import { processState } from './process.js';
import { threadIds } from './thread-ids.js';
import { letGoLater } from './tracee-end.js';

/** A thread that stands still, and where. */
export interface StoppedThread extends ThreadRegisters {
  readonly tid: number;
}

/** A process of which no thread runs. Whoever has it calls `release`, whatever happens, before anything async. */
export interface StoppedProcess {
  readonly pid: number;
  /** The main thread is the first. */
  readonly threads: readonly StoppedThread[];
  /**
   * Lets it go on from where it was; one that was stopped by job control stays so. Signals that came meanwhile are
   * delivered. Returns how long it stood still, in ns; a second call changes nothing.
   */
  release(): number;
}

/** A thread in a system call that cannot be interrupted (a dead disk) would be waited for in vain. */
const PATIENCE_MS = 5000;
/** A thread stops within some 10 us of being asked, so the first looks follow each other without a sleep. */
const EAGER_LOOKS = 200;

/**
 * Stops all threads of a process by ptrace, without a signal: neither it nor its parent sees it. When this process
 * ends, even by SIGKILL, the kernel lets it go on. A system call in which it sleeps is restarted by the kernel, but for
 * those that Linux lets fail with EINTR after any stop: epoll_wait, semop, and sockets with a timeout (signal(7)).
 *
 * @throws PhptraceError where it cannot be stopped, with the reason; then it runs on
 */
export function stopProcess(pid: number): StoppedProcess {
  const { state, tracer, parent } = readStatus(pid);
  if (state === 'Z' || state === 'X') throw endedProcess(pid);
  if (tracer !== 0) throw tracedProcess(pid, tracer);
  const stop = new Stop(pid, parent === process.pid);
  try {
    stop.all();
    return stop;
  } catch (error) {
    stop.release();
    throw error;
  }
}

class Stop implements StoppedProcess {
  readonly threads: StoppedThread[] = [];
  /** Seized threads by tid: whether they stand still, and the signal at whose delivery. */
  private readonly tracees = new Map<number, { stopped: boolean; signal: number }>();
  private begunNs: bigint | undefined;
  private pauseNs: number | undefined;

  constructor(
    readonly pid: number,
    /** Then its end is for whoever in this process started it. */
    private readonly isOwnChild: boolean,
  ) {}

  /** A running thread may start another meanwhile: until a look at the list shows none that is new. */
  all(): void {
    for (let fresh = this.seizeNew(); fresh.length > 0; fresh = this.seizeNew()) {
      this.begunNs ??= process.hrtime.bigint();
      for (const tid of fresh) this.ask(tid);
      for (const tid of fresh) this.await(tid);
    }
    const main = this.threads.findIndex(({ tid }) => tid === this.pid);
    if (main < 0) throw goneProcess(this.pid);
    this.threads.unshift(...this.threads.splice(main, 1));
  }

  release(): number {
    if (this.pauseNs !== undefined) return this.pauseNs;
    const left: number[] = [];
    // The main thread last: its end is told only when the others' are known.
    for (const [tid, { stopped, signal }] of [...this.tracees].reverse()) {
      if (!(stopped && tryDetach(tid, signal))) left.push(tid);
    }
    this.tracees.clear();
    this.pauseNs = this.begunNs === undefined ? 0 : Number(process.hrtime.bigint() - this.begunNs);
    letGoLater(left, this.isOwnChild ? this.pid : undefined);
    return this.pauseNs;
  }

  private seizeNew(): number[] {
    return threadIds(this.pid).filter((tid) => !this.tracees.has(tid) && this.seize(tid));
  }

  private seize(tid: number): boolean {
    try {
      seize(tid);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      if (error.errnoName === 'ESRCH' || hasEnded(tid)) return false;
      const { tracer } = readStatus(this.pid);
      throw tracer !== 0 ? tracedProcess(this.pid, tracer) : forbidden(this.pid, error);
    }
    this.tracees.set(tid, { stopped: false, signal: 0 });
    return true;
  }

  private ask(tid: number): void {
    try {
      interrupt(tid);
    } catch (error) {
      // Ended, or already at a stop: `await` finds out.
      if (!(error instanceof SystemCallError && error.errno === constants.errno.ESRCH)) throw error;
    }
  }

  private await(tid: number): void {
    const until = performance.now() + PATIENCE_MS;
    for (let look = 0; ; look++) {
      const state = traceeState(tid);
      if (state.is === 'stopped') {
        this.tracees.set(tid, { stopped: true, signal: state.signal });
        if (this.noteRegisters(tid)) return;
      } else if (state.is === 'ended') {
        if (tid === this.pid) throw goneProcess(this.pid);
        return;
      } else if (performance.now() > until) {
        throw new PhptraceError(
          `cannot stop process ${String(this.pid)}: its thread ${String(tid)} did not stop within ` +
            `${String(PATIENCE_MS / 1000)} s (state ${processState(tid) ?? 'unknown'}): try again when it is out of its system call`,
        );
      }
      if (look > EAGER_LOOKS) pauseMs(0.1);
    }
  }

  /** False where the thread was killed since it stopped. */
  private noteRegisters(tid: number): boolean {
    try {
      this.threads.push({ tid, ...readRegisters(tid) });
      return true;
    } catch (error) {
      if (error instanceof SystemCallError && error.errno === constants.errno.ESRCH) return false;
      throw error;
    }
  }
}

/** False where it does not stand still: it was killed. */
function tryDetach(tid: number, signal: number): boolean {
  try {
    detach(tid, signal);
    return true;
  } catch (error) {
    if (error instanceof SystemCallError) return false;
    throw error;
  }
}

function hasEnded(tid: number): boolean {
  const state = processState(tid);
  return state === undefined || state === 'Z' || state === 'X';
}

function readStatus(pid: number): { state: string; tracer: number; parent: number } {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/status`, 'latin1');
  } catch (error) {
    throw explainProc(error, pid);
  }
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '';
  return { state: field('State'), tracer: Number(field('TracerPid')), parent: Number(field('PPid')) };
}

function endedProcess(pid: number): PhptraceError {
  return new PhptraceError(
    `process ${String(pid)} has ended and waits for its parent to take note (a zombie): it has no memory any more`,
  );
}

function tracedProcess(pid: number, tracer: number): PhptraceError {
  return new PhptraceError(
    `process ${String(pid)} is being traced by process ${String(tracer)} (gdb, strace, another phptrace): ` +
      'end that one and try again',
  );
}

function forbidden(pid: number, error: SystemCallError): PhptraceError {
  return new PhptraceError(`cannot stop process ${String(pid)}: ${error.message}: ${wayToRights('CAP_SYS_PTRACE')}`);
}
