import { closeFd } from '../../src/native/libc.js';
import { missingWatchpoints, openWatchpoint } from '../../src/native/watchpoints.js';

/** Takes all watchpoints that a process's thread has left: none on a machine without. `free` gives them back. */
export function takeWatchpoints(pid: number): { free(): void } {
  const fds: number[] = [];
  try {
    for (;;) fds.push(openWatchpoint(pid, 0x1000));
  } catch {
    return {
      free: () => {
        for (const fd of fds.splice(0)) closeFd(fd);
      },
    };
  }
}

export function hasWatchpoints(): boolean {
  return missingWatchpoints() === undefined;
}
