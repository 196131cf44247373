import { SystemCallError } from '../native/libc.js';
import { detach, reap, traceeState } from '../native/ptrace.js';

/** How often a thread that could not be let go at once is looked at, ms. */
const INTERVAL_MS = 5;

/**
 * Lets go of seized threads that are not at a stop: those that are ending, as their parent learns of it only when the
 * tracer has taken note, and those that are stuck in the kernel and will stop some day. It goes on beside other work as
 * long as this process lives; when it ends, the kernel does it.
 *
 * @param ownChild started by this process: its end is left to whoever waits for it.
 */
export function letGoLater(tids: readonly number[], ownChild: number | undefined): void {
  const left = tids.filter((tid) => !letGo(tid, tid === ownChild));
  if (left.length > 0) setTimeout(letGoLater, INTERVAL_MS, left, ownChild).unref();
}

/** True where nothing is left to do. */
function letGo(tid: number, isOwnChild: boolean): boolean {
  const state = traceeState(tid);
  if (state.is === 'running') return false;
  if (state.is === 'ended') return isOwnChild || reap(tid);
  try {
    detach(tid, state.signal);
    return true;
  } catch (error) {
    if (error instanceof SystemCallError) return false;
    throw error;
  }
}
