import { MAX_HOOKS } from '../bpf/abi.js';
import { collectorOf } from '../heap/collector.js';
import { HolderFinder } from '../heap/holders.js';
import type { BornBlock } from '../heap/holders.js';
import type { MemoryImage } from '../heap/image.js';
import type { History } from '../leaks/history.js';
import { judgeArrays } from '../leaks/judged-arrays.js';
import { judge } from '../leaks/judgement.js';
import { placeKey } from '../leaks/place-key.js';
import type { JudgedSite } from '../leaks/judged-site.js';
import type { Ledger } from '../trace/ledger.js';
import type { TraceRecord } from '../trace/records.js';

/** A copy of a process's memory, and the blocks that were live at that moment. */
export interface CopiedProcess {
  readonly image: MemoryImage;
  readonly ledger: Ledger;
  /** Arrays that got longer, as number -> address of the zend_array. */
  readonly arrays: ReadonlyMap<number, number>;
}

/** Blocks of a line that are looked for: enough to tell what is usual, whatever the line. */
const MOST_BLOCKS = 100_000;

/** True where a line or an array piles up, or may, so that it is worth to look what holds it. */
export function hasQuestions(history: History): boolean {
  return judge(history).sites.some(isOpen) || judgeArrays(history).length > 0;
}

/**
 * Records of the copy and of what holds the blocks of each line, and each array, that piles up, or may. None where none
 * does.
 *
 * @throws PhptraceError where the heap's books contradict themselves
 */
export function heldRecords({ image, ledger, arrays }: CopiedProcess, history: History): TraceRecord[] {
  const sites = judge(history).sites.filter(isOpen);
  const filled = judgeArrays(history);
  if (sites.length + filled.length === 0) return [];
  const finder = new HolderFinder(image);
  const records: TraceRecord[] = [
    {
      type: 'snapshot',
      pauseNs: image.header.pauseNs,
      heapBytes: finder.graph.view.blocks.liveBytes,
      blocks: finder.graph.nodeCount - 1,
      collector: collectorOf(image),
    },
  ];
  for (const { site, place, alive, blocks, share } of blocksOf(sites, ledger, history)) {
    if (site < 0) continue;
    const { hook, outside } = place;
    const shared = share < 1 ? { share } : {};
    records.push({ type: 'held', hook, site, outside, alive, ...finder.holdersOf(blocks), ...shared });
  }
  for (const { array } of filled) {
    const address = arrays.get(array);
    if (address !== undefined) records.push({ type: 'heldArray', array, ...finder.holderOf(address) });
  }
  return records;
}

function isOpen({ verdict }: JudgedSite): boolean {
  return verdict === 'leak' || verdict === 'pending';
}

interface LineBlocks {
  readonly place: JudgedSite['place'];
  /** One of the numbers of its places in the log. */
  readonly site: number;
  /** How many are live: more than those that are looked for. */
  readonly alive: number;
  readonly blocks: readonly BornBlock[];
  /** Which share they are of all that they stand for. */
  readonly share: number;
}

/**
 * The live blocks of each line. Of a line whose blocks are all young, and may have been about to go, those; the last
 * loop's only where there are no others, for what was made a moment ago may not have been put where it will be kept.
 */
function blocksOf(sites: readonly JudgedSite[], ledger: Ledger, history: History): LineBlocks[] {
  const lines = sites.map(({ place }) => ({
    place,
    key: placeKey(place.file, place.line, place.function),
    site: -1,
    alive: 0,
    aliveSettled: 0,
    settled: [] as BornBlock[],
    young: [] as BornBlock[],
  }));
  const bySite = new Map<number, (typeof lines)[number]>();
  for (const { site, file, line: number, function: name } of history.sites) {
    const key = placeKey(file, number, name);
    for (const line of lines) {
      if (line.key !== key) continue;
      line.site = site;
      bySite.set(numberOf(site, line.place.hook, line.place.outside), line);
    }
  }
  ledger.forEachLive(({ address, bytes, loop, site, hook, outside, isSettled }) => {
    const line = bySite.get(numberOf(site, hook, outside));
    if (line === undefined) return;
    line.alive++;
    if (isSettled) line.aliveSettled++;
    const list = isSettled ? line.settled : line.young;
    if (list.length < MOST_BLOCKS) list.push({ address, bytes, loop });
  });
  return lines.map(({ place, site, alive, aliveSettled, settled, young }) => ({
    place,
    site,
    alive,
    blocks: settled.length > 0 ? settled : withoutLastLoop(young),
    share: settled.length > 0 ? settled.length / aliveSettled : 1,
  }));
}

function withoutLastLoop(young: readonly BornBlock[]): readonly BornBlock[] {
  const last = young.reduce((latest, { loop }) => Math.max(latest, loop), 0);
  const before = young.filter(({ loop }) => loop < last);
  return before.length > 0 ? before : young;
}

function numberOf(site: number, hook: number, outside: boolean): number {
  return (site * MAX_HOOKS + hook) * 2 + (outside ? 1 : 0);
}
