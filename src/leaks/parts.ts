import type { Collector, HeldRecord } from '../trace/records.js';
import { FEWEST_LOOPS, pilesUp } from './growth.js';
import { NOTHING, minus, plus } from './level.js';
import type { Level } from './level.js';
import type { SiteHistory } from './site-history.js';
import { SurvivorSeries } from './survivor-series.js';
import type { SiteVerdict } from './verdict.js';

/** A part of what a line left behind, and what is known of it. */
export interface Part extends SiteVerdict {
  readonly held: HeldRecord;
}

/**
 * What a line keeps and what it does not, apart, by the copy of the heap: much garbage on a line must not hide a leak
 * there, a leak is not as big as both, and what was freed between the last loop and the copy is kept by nothing (the
 * collector may have run). Undefined where all that the loops say stands.
 */
export function partsOf(
  site: SiteHistory,
  judged: SiteVerdict,
  loops: number,
  collector: Collector | null,
): Part[] | undefined {
  const { held } = site;
  if (held === undefined || loops < FEWEST_LOOPS) return undefined;
  const sums = sumsOf(site, held, collector?.enabled !== false);
  const gone = site.aliveBlocks - held.alive;
  // A few go all the time: those that the loop which runs frees.
  const haveGone = gone * MANY > site.aliveBlocks;
  if (!haveGone && sums.garbage.blocks === 0) return undefined;
  if (pilesUp(site, sums.survivors, loops)) {
    const kept = haveGone ? sums.kept : minus(site.netSettled, sums.garbage);
    if (kept.bytes <= 0) return undefined;
    const leak = { ...part(judged, 'leak', kept, loops), held: { ...held, cycle: 0 } };
    return sums.garbage.blocks === 0 ? [leak] : [leak, cycleOf(site, judged, held, sums, loops)];
  }
  const isMostlyGone = gone * 2 > site.aliveBlocks;
  return isMostlyGone ? [{ ...part(judged, 'offset', sums.kept, loops), held }] : undefined;
}

interface Sums {
  /** Of the window: what nothing will free, by the loop of its birth, and what the collector will. */
  readonly survivors: SurvivorSeries;
  readonly kept: Level;
  readonly garbage: Level;
}

function sumsOf(site: SiteHistory, held: HeldRecord, isCollected: boolean): Sums {
  const survivors = new SurvivorSeries();
  let kept = NOTHING;
  let garbage = NOTHING;
  const { share = 1 } = held;
  for (const { loop, reached, reachedBytes, cycle, cycleBytes } of held.loops) {
    if (loop <= site.warmup) continue;
    const [stays, goes] = isCollected ? [reached, cycle] : [reached + cycle, 0];
    if (stays > 0) survivors.add(loop - site.warmup, stays);
    kept = plus(kept, { blocks: stays, bytes: isCollected ? reachedBytes : reachedBytes + cycleBytes });
    garbage = plus(garbage, { blocks: goes, bytes: isCollected ? cycleBytes : 0 });
  }
  return { survivors, kept: enlarged(kept, share), garbage: enlarged(garbage, share) };
}

/** All, where this is what a share of them shows. */
function enlarged({ blocks, bytes }: Level, share: number): Level {
  return { blocks: Math.round(blocks / share), bytes: Math.round(bytes / share) };
}

/** What a line makes that only the collector takes, where all of it is that, or most. */
export function garbageOf(site: SiteHistory, judged: SiteVerdict, held: HeldRecord, loops: number): Part {
  return cycleOf(site, judged, held, sumsOf(site, held, true), loops);
}

function cycleOf(
  site: SiteHistory,
  judged: SiteVerdict,
  held: HeldRecord,
  { kept, garbage }: Sums,
  loops: number,
): Part {
  const own = { ...held, reached: 0, holder: null, path: null, types: held.garbageTypes };
  const cycle = part(judged, 'cycle', garbage, loops);
  const made = Math.max(0, site.bornBlocks - kept.blocks) * (garbage.bytes / Math.max(1, garbage.blocks));
  return { ...cycle, bytesPerLoop: rateSince(held, site.warmup, site.warmup + loops) ?? made / loops, held: own };
}

/**
 * Bytes of garbage a loop since the collector ran last, which may have left some of the loop in which it did; undefined
 * where that is a few loops ago.
 */
function rateSince({ loops, share = 1 }: HeldRecord, warmup: number, lastLoop: number): number | undefined {
  const [first, ...later] = loops.filter(({ loop, cycle }) => cycle > 0 && loop > warmup && loop <= lastLoop);
  if (first === undefined || later.length === 0 || lastLoop - first.loop < FEWEST_LOOPS) return undefined;
  return later.reduce((sum, { cycleBytes }) => sum + cycleBytes, 0) / (lastLoop - first.loop) / share;
}

function part(judged: SiteVerdict, verdict: SiteVerdict['verdict'], amount: Level, loops: number): SiteVerdict {
  const evidence = { ...judged.evidence, survivors: Math.max(0, amount.blocks) };
  return { ...judged, verdict, ...amount, bytesPerLoop: amount.bytes / loops, evidence };
}

/** A share of so many of a line's blocks. */
const MANY = 10;
