import type { TraceObserver } from '../options.js';
import { nearestBelow } from '../php/descendants.js';
import { PhpBinaries } from '../php/php-binaries.js';
import { UnreadablePhp, openPhpProcess } from '../php/process.js';

/** Says how many workers a process has that is traced alone: whoever names a master may well mean those. */
export function noteWorkers(pid: number, observer: TraceObserver): void {
  const binaries = new PhpBinaries();
  try {
    const workers = nearestBelow(pid, (child) => isPhp(child, (below) => openPhpProcess(below, binaries.open))).length;
    if (workers === 0) return;
    const [who, them] = workers === 1 ? ['1 process', 'it'] : [`${String(workers)} processes`, 'them'];
    observer.note?.(
      `${who} below ${String(pid)} run PHP too and are not traced: --children traces ${them} in its place`,
    );
  } finally {
    binaries.close();
  }
}

/** True also of a PHP that cannot be read; `open` is what opens the process. */
export function isPhp(pid: number, open: (pid: number) => unknown): boolean {
  try {
    open(pid);
    return true;
  } catch (error) {
    return error instanceof UnreadablePhp;
  }
}
