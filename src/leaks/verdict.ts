import {
  blocksGrow,
  bornLate,
  FEWEST_LOOPS,
  growsInBlocks,
  restLacking,
  rests,
  steadinessLacking,
  turnsOver,
} from './growth.js';
import type { Level } from './level.js';
import { loopsToBeSure } from './rest.js';
import type { SiteHistory } from './site-history.js';
import { sliceTrend } from './slices.js';

/**
 * What becomes of the memory of a line:
 * `leak`: still accumulating at the end of the window. `offset`: later loops free what earlier ones left. `bounded`:
 * it grew and has come to rest, or as much from before the trace was freed meanwhile. `warmup`: born in warm-up,
 * nothing since. `pending`: the window is too short to tell.
 * With a copy of the heap also, `cycle`: it piles up as garbage that refers to itself, until the collector runs.
 * `orphan`: it piles up and nothing refers to it, so that nothing will ever free it.
 */
export type Verdict = 'leak' | 'orphan' | 'offset' | 'bounded' | 'cycle' | 'warmup' | 'pending';

/** The numbers behind a verdict. All but `loops` are of the loops after warm-up. */
export interface Evidence {
  /** Settled loops after warm-up. */
  readonly loops: number;
  /** Loops at whose end more bytes were alive than ever before. */
  readonly grewInLoops: number;
  /** Blocks of these loops that are still alive. */
  readonly survivors: number;
  /** Blocks that outlived the loop in which they were born. */
  readonly births: number;
  /** Blocks freed two or more loops after the one in which they were born. */
  readonly lateFreedBlocks: number;
  /** Live bytes when warm-up ended and at the end, relative to the start of the recorded loops. */
  readonly bytesFirst: number;
  readonly bytesLast: number;
  /** Growth in bytes of equal slices of the window, in order. */
  readonly perSlice: readonly number[];
  readonly loopsSinceGrowth: number;
  /**
   * Bytes of blocks older than the trace that were freed in these loops and match this line's growth by size. Given
   * where the verdict rests on it.
   */
  readonly olderFreedBytes?: number;
  /** With `pending`: about so many loops more would tell. */
  readonly moreLoops?: number;
}

export interface SiteVerdict {
  readonly verdict: Verdict;
  /** Of a leak: net since the end of warm-up. Else: what is alive of the recorded loops. */
  readonly blocks: number;
  readonly bytes: number;
  /** Net bytes a loop after warm-up. */
  readonly bytesPerLoop: number;
  readonly evidence: Evidence;
  /** Present while it is not sure: so many loops more would tell, or would exclude that it grows on, but rarely. */
  readonly openLoops?: number;
}

/** Judges a place by all that its loops have said; `loops` is the number of settled loops after warm-up. */
export function judgeSite(site: SiteHistory, loops: number): SiteVerdict {
  const { verdict, net, moreLoops, openLoops = moreLoops } = decide(site, loops);
  const amount = verdict === 'leak' ? net : { blocks: site.aliveBlocks, bytes: site.aliveBytes };
  return {
    verdict,
    blocks: amount.blocks,
    bytes: amount.bytes,
    bytesPerLoop: loops === 0 ? 0 : net.bytes / loops,
    evidence: {
      ...evidenceOf(site, loops),
      ...(moreLoops === undefined ? {} : { moreLoops }),
    },
    ...(openLoops === undefined ? {} : { openLoops }),
  };
}

interface Decision {
  readonly verdict: Verdict;
  /** What the line came to keep since warm-up. */
  readonly net: Level;
  readonly moreLoops?: number;
  readonly openLoops?: number;
}

function decide(site: SiteHistory, loops: number): Decision {
  const { netSettled, netLive } = site;
  const { settledBlocks, inBlock, heights } = site.trackers;
  if (loops >= FEWEST_LOOPS) {
    if (netSettled.bytes > 0 && growsInBlocks(site, loops)) {
      return { verdict: 'leak', net: netSettled, ...open(steadinessLacking(site, loops)) };
    }
    if (netLive.bytes > 0 && blocksGrow(site, loops)) return { verdict: 'leak', net: netLive };
  }
  const net = netLive;
  const grew = settledBlocks.count > 0 || heights.count > 0;
  if (!grew) return { verdict: site.bornBlocks > 0 ? 'offset' : 'warmup', net };
  const verdict = isOffset(site, loops) ? 'offset' : 'bounded';
  if (loops >= FEWEST_LOOPS && turnsOver(site, loops)) return { verdict, net };
  if (loops >= FEWEST_LOOPS && rests(site, loops)) {
    const lacking = [settledBlocks, inBlock].map((maxima) => loopsToBeSure(maxima, loops));
    return { verdict, net, ...open(Math.max(...lacking)) };
  }
  return { verdict: 'pending', net, moreLoops: loopsLacking(site, loops) };
}

function open(openLoops: number): Pick<Decision, 'openLoops'> {
  return openLoops > 0 ? { openLoops } : {};
}

/** Births go on, and a few loops after each its block is freed. */
function isOffset(site: SiteHistory, loops: number): boolean {
  return bornLate(site, loops) > 0 && site.diedBlocks > 0 && site.meanAge <= A_FEW_LOOPS;
}

function loopsLacking(site: SiteHistory, loops: number): number {
  const lacking = Math.max(FEWEST_LOOPS - loops, restLacking(site, loops), 2 * site.oldestDeath - loops);
  return Math.max(1, Math.ceil(lacking));
}

function evidenceOf(site: SiteHistory, loops: number): Evidence {
  const { heights, levels } = site.trackers;
  return {
    loops,
    grewInLoops: heights.count,
    survivors: site.survivors.list().reduce((sum, { blocks }) => sum + blocks, 0),
    births: site.bornBlocks,
    lateFreedBlocks: site.lateFreedBlocks,
    bytesFirst: site.bytesFirst,
    bytesLast: site.bytesLast,
    perSlice: sliceTrend(0, loops, (loop) => levels.at(loop).liveBytes).perSlice,
    loopsSinceGrowth: loops - heights.last,
  };
}

/** Blocks that live longer than this on average are held by something: a ring, a cache, a pool. */
const A_FEW_LOOPS = 5;
