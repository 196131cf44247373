import type { HookRecord, LoopRecord, TraceHeader, TraceRecord } from '../trace/records.js';
import { FEWEST_LOOPS } from './growth.js';
import { History } from './history.js';
import { placeKey } from './place-key.js';

/** One process's records, in order. */
export type Records = Iterable<TraceRecord>;

/**
 * How many loops after warm-up are laid side by side, of processes that had so many each: as many as make most use of
 * what was seen. 0 where no two processes have enough to tell anything.
 */
export function loopsInCommon(judgedLoops: readonly number[]): number {
  const descending = [...judgedLoops].sort((a, b) => b - a);
  let [best, most] = [0, 0];
  descending.forEach((loops, index) => {
    const used = loops * (index + 1);
    if (index === 0 || loops < FEWEST_LOOPS || used <= most) return;
    [best, most] = [loops, used];
  });
  return best;
}

/**
 * The history of processes of one program as if the first `loops` loops after warm-up of all of them had run side by
 * side in one process: loop n is what loop n of each left behind. What grows in the mean of all grows there, with less
 * chance in it. Lasts until the first process has no more loops.
 */
export function sideBySide(processes: readonly Records[], loops: number): History {
  const history = new History();
  const names = new CommonNames(history);
  const streams = processes.map((records) => new LoopStream(records, names));
  for (let loop = 1; ; loop++) {
    const records = streams.map((stream) => stream.next());
    const [first] = records;
    if (!first || records.some((record) => record === undefined)) return history;
    if (loop > names.warmup + loops) return history;
    history.add(together(records as LoopRecord[], first));
  }
}

function together(records: readonly LoopRecord[], { hook, loop }: LoopRecord): LoopRecord {
  const sum = (of: (record: LoopRecord) => number): number => records.reduce((total, record) => total + of(record), 0);
  return {
    type: 'loop',
    hook,
    loop,
    residue: records.flatMap(({ residue }) => residue),
    offset: records.flatMap(({ offset }) => offset),
    lateFrees: records.flatMap(({ lateFrees }) => lateFrees),
    older: records.flatMap(({ older = [] }) => older),
    heapBefore: sum(({ heapBefore }) => heapBefore),
    heapAfter: sum(({ heapAfter }) => heapAfter),
    explained: sum(({ explained }) => explained),
    births: sum(({ births }) => births),
    durationNs: sum(({ durationNs }) => durationNs),
  };
}

/** Numbers of sites that are the same in all processes. */
class CommonNames {
  warmup = 0;
  private header: TraceHeader | undefined;
  private hook: HookRecord | undefined;
  private readonly sites = new Map<string, number>();

  constructor(private readonly history: History) {}

  begin(header: TraceHeader): void {
    if (this.header) return;
    this.header = header;
    this.warmup = header.warmup;
    this.history.add(header);
  }

  place(hook: HookRecord): void {
    if (this.hook) return;
    this.hook = { ...hook, hook: 0 };
    this.history.add(this.hook);
  }

  site(file: string | null, line: number, name: string | null): number {
    const key = placeKey(file, line, name);
    let site = this.sites.get(key);
    if (site === undefined) {
      this.sites.set(key, (site = this.sites.size + 1));
      this.history.add({ type: 'site', site, file, line, function: name });
    }
    return site;
  }
}

/** The loops of one process's first hook, with the common numbers in them. Call paths are left out. */
class LoopStream {
  private readonly records: Iterator<TraceRecord>;
  private readonly sites = new Map<number, number>();

  constructor(
    records: Records,
    private readonly names: CommonNames,
  ) {
    this.records = records[Symbol.iterator]();
  }

  next(): LoopRecord | undefined {
    for (let next = this.records.next(); next.done !== true; next = this.records.next()) {
      const record = next.value;
      if (record.type === 'trace') this.names.begin(record);
      else if (record.type === 'hook') this.names.place(record);
      else if (record.type === 'site') {
        this.sites.set(record.site, this.names.site(record.file, record.line, record.function));
      } else if (record.type === 'loop' && record.hook === 0) return this.renamed(record);
    }
    return undefined;
  }

  private renamed(record: LoopRecord): LoopRecord {
    const site = (own: number): number => this.sites.get(own) ?? 0;
    return {
      ...record,
      residue: record.residue.map((residue) => ({ ...residue, site: site(residue.site), path: 0 })),
      offset: record.offset.map((offset) => ({ ...offset, site: site(offset.site), path: 0 })),
      lateFrees: record.lateFrees.map((free) => ({
        ...free,
        site: free.site === null ? null : site(free.site),
        birthSite: site(free.birthSite),
        birthPath: 0,
      })),
    };
  }
}
