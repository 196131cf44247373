import type { HeldRecord } from '../trace/records.js';
import { FEWEST_LOOPS, pilesUp } from './growth.js';
import type { SiteHistory } from './site-history.js';
import { SurvivorSeries } from './survivor-series.js';
import type { SiteVerdict } from './verdict.js';

/** A line that makes garbage cycles and keeps memory besides. */
export interface Parts {
  readonly leak: SiteVerdict & { readonly held: HeldRecord };
  readonly cycle: SiteVerdict & { readonly held: HeldRecord };
}

/**
 * What a line keeps and what it leaves to the cycle collector, apart, where the blocks of its that something holds pile
 * up by themselves: much garbage must not hide a leak on the same line, and the leak is not as big as both. Undefined
 * where it has one of the two alone.
 */
export function partsOf(site: SiteHistory, judged: SiteVerdict, loops: number): Parts | undefined {
  const { held } = site;
  if (held?.mixed === undefined || loops < FEWEST_LOOPS) return undefined;
  const survivors = new SurvivorSeries();
  const garbage = { blocks: 0, bytes: 0 };
  for (const { loop, reached, cycle, cycleBytes } of held.mixed.loops) {
    if (loop <= site.warmup) continue;
    if (reached > 0) survivors.add(loop - site.warmup, reached);
    garbage.blocks += cycle;
    garbage.bytes += cycleBytes;
  }
  if (!pilesUp(site, survivors, loops)) return undefined;
  // What is net kept: of a table that was replaced by a larger one, by how much it is larger.
  const kept = { blocks: site.netSettled.blocks - garbage.blocks, bytes: site.netSettled.bytes - garbage.bytes };
  if (kept.bytes <= 0) return undefined;
  const alive = survivors.list().reduce((sum, { blocks }) => sum + blocks, 0);
  return {
    leak: {
      ...judged,
      verdict: 'leak',
      ...kept,
      bytesPerLoop: kept.bytes / loops,
      evidence: { ...judged.evidence, survivors: alive },
      held: { ...held, cycle: 0 },
    },
    cycle: {
      ...judged,
      verdict: 'cycle',
      ...garbage,
      bytesPerLoop: garbage.bytes / loops,
      held: { ...held, reached: 0, holder: null, path: null, types: held.mixed.garbageTypes },
    },
  };
}
