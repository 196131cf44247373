import type { TraceObserver } from '../options.js';
import { nearestBelow } from '../php/descendants.js';
import { KnownBuilds } from './known-builds.js';

/** So many are looked at: each is opened, and an Apache may have hundreds. */
const MOST_COUNTED = 10;

/** Says how many workers a process has that is traced alone: whoever names a master may well mean those. */
export function noteWorkers(pid: number, observer: TraceObserver): void {
  if (!observer.note) return;
  const builds = new KnownBuilds({ cache: true });
  try {
    const found: number[] = [];
    for (const worker of nearestBelow(pid, (child) => builds.isPhp(child))) {
      if (found.push(worker) > MOST_COUNTED) break;
    }
    const workers = found.length;
    if (workers === 0) return;
    const many =
      workers > MOST_COUNTED ? `more than ${String(MOST_COUNTED)} processes` : `${String(workers)} processes`;
    const [who, them] = workers === 1 ? ['1 process', 'it'] : [many, 'them'];
    observer.note(`${who} below ${String(pid)} run PHP too and are not traced: --children traces ${them} in its place`);
  } finally {
    builds.close();
  }
}
