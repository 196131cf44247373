import { closeFd } from '../../src/native/libc.js';
import { openWatchpoint } from '../../src/native/watchpoints.js';

/** Watchpoints that a test has taken from a process. */
export interface Taken {
  readonly count: number;
  free(): void;
}

/** Takes all watchpoints that a process's thread has left: none on a machine without. */
export function takeWatchpoints(pid: number): Taken {
  const fds: number[] = [];
  try {
    for (;;) fds.push(openWatchpoint(pid, 0x1000));
  } catch {
    return {
      count: fds.length,
      free: () => {
        for (const fd of fds.splice(0)) closeFd(fd);
      },
    };
  }
}

export function hasWatchpoints(): boolean {
  const taken = takeWatchpoints(process.pid);
  taken.free();
  return taken.count > 0;
}
