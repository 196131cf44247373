import { LINE, randomSize, type Line } from './simulated-lines.js';
import type { Block } from './simulated-process.js';

/** One block in each `period`th loop. */
export function leakEach(period: number): Line {
  return (process) => (loop) => {
    if (loop % period === period - 1) process.alloc(LINE, 320);
  };
}

/** What two lines of code do, on one line. */
export function both(one: Line, other: Line): Line {
  return (process) => {
    const bodies = [one(process), other(process)];
    return (loop) => {
      for (const body of bodies) body(loop);
    };
  };
}

/** A queue into which a job comes with probability `comes`, and from which the oldest goes with probability `goes`. */
export function backlog(comes: number, goes: number): Line {
  return (process) => {
    const queue: Block[] = [];
    return () => {
      if (process.random() < comes) queue.push(process.alloc(LINE, randomSize(process)));
      if (queue.length > 0 && process.random() < goes) process.free(queue.shift()!);
    };
  };
}

/** A queue that is full of jobs from before the trace: one comes in each third loop, one goes in each, until it is empty. */
export const backlogDrains: Line = (process) => {
  let old = 40;
  const queue: Block[] = [];
  return (loop) => {
    if (loop % 3 === 0) queue.push(process.alloc(LINE, 320));
    if (old-- > 0) process.freeOlder(320, LINE);
    else if (queue.length > 0) process.free(queue.shift()!);
  };
};

/** Entries that live for up to `most` loops, each as long as chance will have it. */
export function ttlByChance(most: number): Line {
  return (process) => {
    let entries: { readonly until: number; readonly block: Block }[] = [];
    return (loop) => {
      const until = loop + 1 + Math.floor(process.random() * most);
      entries.push({ until, block: process.alloc(LINE, randomSize(process)) });
      entries = entries.filter((entry) => {
        if (entry.until <= loop) process.free(entry.block);
        return entry.until > loop;
      });
    };
  };
}

/** A buffer of up to 3 records a loop that is flushed when something goes wrong, in few of the loops. */
export function fingersCrossed(chance: number): Line {
  return (process) => {
    const buffer: Block[] = [];
    return () => {
      for (let i = Math.floor(process.random() * 4); i > 0; i--) buffer.push(process.alloc(LINE, 64));
      if (process.random() < chance) for (const block of buffer.splice(0)) process.free(block);
    };
  };
}

/** A cache without a limit, of keys of which the first are asked for much more often than the last (Zipf's law). */
export function zipfCache(keys: number): Line {
  return (process) => {
    const known = new Set<number>();
    return () => {
      const key = Math.floor(keys ** process.random());
      if (!known.has(key)) process.alloc(LINE, 320);
      known.add(key);
    };
  };
}

/** Services that are built when they are first wanted, each at a time of its own. */
export function lazyServices(services: number, meanLoops: number): Line {
  return (process) => {
    const wanted = Array.from({ length: services }, () => Math.floor(-Math.log(1 - process.random()) * meanLoops));
    return (loop) => {
      for (const time of wanted) if (time === loop) process.alloc(LINE, randomSize(process));
    };
  };
}

/** In some loops up to 40 blocks come at once; each batch goes some loops later. */
export const burstsFreed: Line = (process) => {
  let batches: { readonly until: number; readonly blocks: Block[] }[] = [];
  return (loop) => {
    if (process.random() < 0.2) {
      const blocks = Array.from({ length: Math.ceil(process.random() * 40) }, () => process.alloc(LINE, 64));
      batches.push({ until: loop + 1 + Math.floor(process.random() * 12), blocks });
    }
    batches = batches.filter(({ until, blocks }) => {
      if (until <= loop) for (const block of blocks) process.free(block);
      return until > loop;
    });
  };
};
