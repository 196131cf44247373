import type { Block, SimulatedProcess } from './simulated-process.js';

/** The line that every one of these works on. */
export const LINE = 1;

/** What one line of PHP does in each loop. Made anew for each process, for it has state. */
export type Line = (process: SimulatedProcess) => (loop: number) => void;

/** `$all[] = str_repeat(…)`, in each loop or in some by chance. */
export function leak(chance = 1): Line {
  return (process) => () => {
    if (process.random() < chance) process.alloc(LINE, 320);
  };
}

/** A list of bursts: nothing in most loops, up to 40 blocks in the others. */
export const burstLeak: Line = (process) => () => {
  if (process.random() > 0.3) return;
  for (let blocks = Math.ceil(process.random() * 40); blocks > 0; blocks--) process.alloc(LINE, 64);
};

/** One small block stays of ten that die within four loops. */
export const leakInChurn: Line = (process) => {
  let mortal: { readonly until: number; readonly block: Block }[] = [];
  return (loop) => {
    for (let i = 0; i < 10; i++) {
      mortal.push({ until: loop + 1 + Math.floor(process.random() * 4), block: process.alloc(LINE, 64) });
    }
    process.alloc(LINE, 16);
    mortal = mortal.filter(({ until, block }) => {
      if (until > loop) return true;
      process.free(block);
      return false;
    });
  };
};

/** A list that gets two entries a loop and loses one at random in most loops. */
export const leakWithDeletions: Line = (process) => {
  const all: Block[] = [];
  return () => {
    all.push(process.alloc(LINE, 320), process.alloc(LINE, 320));
    if (process.random() < 0.6) process.free(all.splice(Math.floor(process.random() * all.length), 1)[0]!);
  };
};

/** `$static .= …`: one block, moved as it grows. */
export function growingString(bytesPerLoop: number, startBytes = 0): Line {
  return (process) => {
    let text: Block | undefined;
    let length = startBytes;
    return () => {
      length += bytesPerLoop;
      const sizeBytes = length < 3072 ? 64 * Math.ceil(length / 64) : 4096 * Math.ceil(length / 4096);
      if (text) process.realloc(text, sizeBytes);
      else text = process.alloc(LINE, sizeBytes);
    };
  };
}

/** `$static[] = $int`: 16 bytes an element in a table that doubles, until it has `most` elements. */
export function doublingTable(most = Infinity): Line {
  return (process) => {
    const table = process.alloc(LINE, 128);
    let elements = 0;
    return () => {
      if (elements < most) elements++;
      if (elements * 16 > table.sizeBytes) process.realloc(table, table.sizeBytes * 2);
    };
  };
}

/** `$static[] = "text"`: a text of 64 bytes a call, in a table that has `filled` of its places taken and then doubles. */
export function textsInTable(filled: number): Line {
  return (process) => {
    let table = process.alloc(LINE, 16 * 2 ** Math.ceil(Math.log2(filled)));
    let elements = filled;
    return () => {
      process.alloc(LINE, 64);
      if (++elements * 16 <= table.sizeBytes) return;
      const old = table;
      table = process.alloc(LINE, old.sizeBytes * 2);
      process.free(old);
    };
  };
}

/** The last `places` blocks are kept; with `random` their sizes differ. */
export function ring(places: number, random = false): Line {
  return (process) => {
    const kept: Block[] = [];
    return () => {
      kept.push(process.alloc(LINE, random ? randomSize(process) : 320));
      if (kept.length > places) process.free(kept.shift()!);
    };
  };
}

/** A cache of the `places` keys that were used last, of `keys` that are asked for at random. */
export function lru(places: number, keys: number): Line {
  return (process) => {
    const cache = new Map<number, Block>();
    return () => {
      const key = Math.floor(process.random() * keys);
      const hit = cache.get(key);
      cache.delete(key);
      cache.set(key, hit ?? process.alloc(LINE, randomSize(process)));
      if (cache.size <= places) return;
      const [oldest, block] = cache.entries().next().value!;
      cache.delete(oldest);
      process.free(block);
    };
  };
}

/** A cache of the last `places` bodies, whose length rises by a byte each loop and begins anew after 300. */
export function cacheOfBodies(places: number): Line {
  return (process) => {
    const kept: Block[] = [];
    return (loop) => {
      kept.push(process.alloc(LINE, 256 * Math.ceil((1525 + (loop % 300)) / 256)));
      if (kept.length > places) process.free(kept.shift()!);
    };
  };
}

/**
 * A cache that is full when the trace begins, of blocks that the trace has not seen: it drops its oldest for each new
 * one. With `random` their sizes differ, and only some loops add one.
 */
export function fullCache(places: number, sizeBytes: number, random = false): Line {
  return (process) => {
    const size = (): number => (random ? 64 * (1 + Math.floor(process.random() * 40)) : sizeBytes);
    const kept: (Block | number)[] = Array.from({ length: places }, size);
    return () => {
      if (random && process.random() < 0.2) return;
      kept.push(process.alloc(LINE, size()));
      const oldest = kept.shift()!;
      if (typeof oldest === 'number') process.freeOlder(oldest, LINE + 1);
      else process.free(oldest, LINE + 1);
    };
  };
}

/** A cache of `places` of `keys` keys, full when the trace begins, that makes room by dropping any of its entries. */
export function randomEviction(places: number, keys: number): Line {
  return (process) => {
    const size = (key: number): number => 64 * ((key % 40) + 1);
    const cache = new Map<number, Block | undefined>();
    while (cache.size < places) cache.set(Math.floor(process.random() * keys), undefined);
    return () => {
      const key = Math.floor(process.random() * keys);
      if (cache.has(key)) return;
      const victim = [...cache.keys()][Math.floor(process.random() * places)]!;
      const block = cache.get(victim);
      cache.delete(victim);
      if (block) process.free(block, LINE + 1);
      else process.freeOlder(size(victim), LINE + 1);
      cache.set(key, process.alloc(LINE, size(key)));
    };
  };
}

/** Up to four entries a loop, each of which lives for ten loops. */
export const ttlCache: Line = (process) => {
  const entries: { readonly until: number; readonly block: Block }[] = [];
  return (loop) => {
    for (let i = Math.floor(process.random() * 5); i > 0; i--) {
      entries.push({ until: loop + 10, block: process.alloc(LINE, randomSize(process)) });
    }
    while (entries[0] && entries[0].until <= loop) process.free(entries.shift()!.block);
  };
};

/** Each loop frees what the loop `lag` before it has left. */
export function freedLater(lag: number, random = false): Line {
  return (process) => {
    const left: Block[] = [];
    return () => {
      if (left.length >= lag) process.free(left.shift()!);
      left.push(process.alloc(LINE, random ? randomSize(process) : 12288));
    };
  };
}

/** One block, made in one loop and never again. */
export function onceIn(wanted: number): Line {
  return (process) => (loop) => {
    if (loop === wanted) process.alloc(LINE, 8192);
  };
}

/** A buffer of a block a loop that is emptied every `period` loops. */
export function flushedBuffer(period: number): Line {
  return (process) => {
    const buffer: Block[] = [];
    return () => {
      buffer.push(process.alloc(LINE, 64));
      if (buffer.length === period) for (const block of buffer.splice(0)) process.free(block);
    };
  };
}

/** A cache without a limit, of few keys that are asked for at random: it fills, ever slower. */
export function fillingCache(keys: number, asksPerLoop: number): Line {
  return (process) => {
    const known = new Set<number>();
    return () => {
      for (let i = 0; i < asksPerLoop; i++) {
        const key = Math.floor(process.random() * keys);
        if (!known.has(key)) process.alloc(LINE, 320);
        known.add(key);
      }
    };
  };
}

export function randomSize(process: SimulatedProcess): number {
  return 8 * (1 + Math.floor(process.random() * 100));
}
