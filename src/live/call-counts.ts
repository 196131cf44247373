import { setTimeout as sleep } from 'node:timers/promises';
import { CountObject } from '../bpf/count-object.js';
import { attachUprobes, withLinks } from '../bpf/links.js';
import { PhptraceError } from '../errors.js';
import { openHitCounter } from '../native/watchpoints.js';
import type { HitCounter } from '../native/watchpoints.js';
import { handlerOffset } from '../php/handler-site.js';
import { followedThread, kernelThread } from './target.js';
import type { Target } from './target.js';

const PATIENCE_MS = 4000;
const LOOK_MS = 20;

/** Counts of several oplines, while it is open. */
interface Counting {
  read(): number[];
  close(): Promise<void>;
}

/**
 * How often each of these oplines, `MOST_COUNTED` at most, is run from now on, until `enough` says so of the counts and
 * the time in milliseconds, or patience ends. Hardware counts, or where it cannot, probes on the oplines' handlers do.
 * @throws PhptraceError where the kernel refuses both
 */
export async function countHits(
  target: Target,
  oplines: readonly number[],
  signal: AbortSignal,
  enough: (hits: readonly number[], elapsedMs: number) => boolean,
): Promise<number[]> {
  if (oplines.length === 0) return [];
  const counting = count(target, oplines);
  try {
    const started = performance.now();
    for (;;) {
      await sleep(LOOK_MS);
      const hits = counting.read();
      const elapsedMs = performance.now() - started;
      if (enough(hits, elapsedMs) || elapsedMs > PATIENCE_MS || signal.aborted) return hits;
    }
  } finally {
    await counting.close();
  }
}

function count(target: Target, oplines: readonly number[]): Counting {
  try {
    return byWatchpoints(followedThread(target), oplines);
  } catch (error) {
    if (!(error instanceof PhptraceError)) throw error;
    return byHandlers(target, oplines);
  }
}

function byWatchpoints(thread: number, oplines: readonly number[]): Counting {
  const counters: HitCounter[] = [];
  const close = (): Promise<void> => {
    for (const counter of counters) counter.close();
    return Promise.resolve();
  };
  try {
    for (const opline of oplines) counters.push(openHitCounter(thread, opline));
  } catch (error) {
    void close();
    throw error;
  }
  return { read: () => counters.map((counter) => counter.read()), close };
}

/** What the JIT has compiled is not seen there. */
function byHandlers(target: Target, oplines: readonly number[]): Counting {
  const { process, oplineIn } = target;
  const sites = new Set(oplines.flatMap((opline) => handlerOffset(process, oplineIn, opline) ?? []));
  const probes = [...sites].map((fileOffset) => ({ program: 'on_counted' as const, fileOffset, cookie: {} }));
  return withLinks('auto', followedThread(target) !== process.pid, (links) => {
    const object = CountObject.load(oplines, oplineIn === 'frame', kernelThread(target), links);
    try {
      const attachment = attachUprobes(object, links, process.file, process.pid, probes);
      return {
        read: () => object.read(),
        close: async () => {
          await attachment.detach();
          object.close();
        },
      };
    } catch (error) {
      object.close();
      throw error;
    }
  });
}
