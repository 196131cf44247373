import { PhptraceError } from '../errors.js';
import type {
  ArrayRecord,
  EndRecord,
  HeldArrayRecord,
  HeldRecord,
  HookRecord,
  LoopRecord,
  OutsideRecord,
  SiteRecord,
  SnapshotRecord,
  TraceHeader,
  TraceRecord,
} from '../trace/records.js';
import type { ArrayPoint } from './array-points.js';
import { LowPoints } from './low-points.js';
import type { OutsidePoint } from './outside.js';
import { placeKey } from './place-key.js';
import { SiteHistory } from './site-history.js';
import type { SitePlace } from './site-history.js';
import { SizeLevels } from './size-levels.js';

/**
 * All that a trace's records say, in memory that depends on the number of places and not on the number of loops. Takes
 * the records in the order in which they were made, live or from a log.
 */
export class History {
  private traceHeader: TraceHeader | undefined;
  private endRecord: EndRecord | undefined;
  private snapshotRecord: SnapshotRecord | undefined;
  private readonly hookHistories: HookHistory[] = [];
  private readonly arrayRecords = new Map<number, ArrayRecord>();
  private readonly arrayPlaces = new Map<number, SitePlace>();
  private readonly heldArrays = new Map<number, HeldArrayRecord>();
  private readonly siteRecords = new Map<number, SiteRecord>();
  private readonly pathSites = new Map<number, readonly number[]>();

  /** Throws a PhptraceError where the record does not fit those before it. */
  add(record: TraceRecord): void {
    if (record.type === 'trace') {
      if (this.traceHeader) throw new PhptraceError('a second trace begins in the middle of this one');
      this.traceHeader = record;
      return;
    }
    const header = this.header;
    if (record.type === 'hook') {
      if (record.hook !== this.hookHistories.length) throw new PhptraceError(`hook ${record.hook} is out of order`);
      this.hookHistories.push(new HookHistory(record, header.warmup, (site) => this.site(site)));
    } else if (record.type === 'site') this.siteRecords.set(record.site, record);
    else if (record.type === 'path') {
      for (const site of record.sites) this.site(site);
      this.pathSites.set(record.path, record.sites);
    } else if (record.type === 'loop') {
      const hook = this.hookHistories[record.hook];
      if (!hook) throw new PhptraceError(`loop ${record.loop} belongs to hook ${record.hook}, which was not named`);
      this.forgetCopy();
      hook.add(record);
    } else if (record.type === 'outside') {
      for (const hook of this.hookHistories) hook.addOutside(record);
    } else if (record.type === 'array') {
      this.addArray(record);
    } else if (record.type === 'arrayGone') {
      for (const of of [this.arrayRecords, this.arrayPlaces, ...this.hookHistories.map(({ arrays }) => arrays)]) {
        of.delete(record.array);
      }
    } else if (record.type === 'heldArray') {
      this.heldArrays.set(record.array, record);
    } else if (record.type === 'snapshot') {
      this.forgetCopy();
      this.snapshotRecord = record;
    } else if (record.type === 'held') {
      const hook = this.hookHistories[record.hook];
      if (!hook) throw new PhptraceError(`holders belong to hook ${record.hook}, which was not named`);
      hook.addHeld(record);
    } else this.endRecord = record;
  }

  /** A copy that was taken for a report on the way knows nothing of later loops, whose blocks would seem to be gone. */
  private forgetCopy(): void {
    if (this.snapshotRecord === undefined) return;
    this.snapshotRecord = undefined;
    this.heldArrays.clear();
    for (const hook of this.hookHistories) hook.forgetHeld();
  }

  /** Throws a PhptraceError before the first record came. */
  get header(): TraceHeader {
    if (!this.traceHeader) throw new PhptraceError('the trace does not begin with its header');
    return this.traceHeader;
  }

  get hooks(): readonly HookHistory[] {
    return this.hookHistories;
  }

  /** Undefined while the trace runs, and where it was cut off. */
  get end(): EndRecord | undefined {
    return this.endRecord;
  }

  /** Undefined where no copy of the process's memory was taken. */
  get snapshot(): SnapshotRecord | undefined {
    return this.snapshotRecord;
  }

  /** The latest of each array that got longer. */
  get arrays(): Iterable<ArrayRecord> {
    return this.arrayRecords.values();
  }

  /** The line that makes an array longer, where it is known. */
  placeOf(array: number): SitePlace | undefined {
    return this.arrayPlaces.get(array);
  }

  /** What holds an array; undefined where it was not looked for. */
  heldArray(array: number): HeldArrayRecord | undefined {
    return this.heldArrays.get(array);
  }

  /** Every place that was named, by its number. */
  get sites(): Iterable<SiteRecord> {
    return this.siteRecords.values();
  }

  private addArray(record: ArrayRecord): void {
    const { array, by } = record;
    this.arrayRecords.set(array, record);
    for (const hook of this.hookHistories) hook.addArray(record);
    if (!by) return;
    const hook = this.hookHistories[by.hook];
    if (!hook) throw new PhptraceError(`a line belongs to hook ${by.hook}, which was not named`);
    this.arrayPlaces.set(array, hook.placeOf(by.site, by.outside));
  }

  /** Throws a PhptraceError where no record has named the site. */
  site(site: number): SiteRecord {
    const record = this.siteRecords.get(site);
    if (!record) throw new PhptraceError(`site ${site} was not named`);
    return record;
  }

  /** The frames of a call path, innermost first; empty where it was not recorded. */
  path(path: number): SiteRecord[] {
    return (this.pathSites.get(path) ?? []).map((site) => this.site(site));
  }
}

/** A report shows this many loops one by one: all of a trace of the default length. */
export const RECENT_LOOPS = 100;

/** The settled loops of one hook. */
export class HookHistory {
  /** The last settled loop; 0 before any. */
  lastLoop = 0;
  /** Sums over all settled loops: how the heap grew, and how much of it the events explain, bytes. */
  growthBytes = 0;
  explainedBytes = 0;
  durationNs = 0;
  /** The last settled loops as they came, at most RECENT_LOOPS. */
  readonly recent: LoopRecord[] = [];
  /** What was freed of blocks older than the trace, after warm-up. */
  readonly older = new SizeLevels();
  /** What the process had outside of PHP's heap, along this hook's loops. */
  readonly outside = new LowPoints<OutsidePoint>(({ residentBytes }) => residentBytes);
  /** How many elements an array had along this hook's loops, by its number. */
  readonly arrays = new Map<number, LowPoints<ArrayPoint>>();
  private readonly places = new Map<string, SiteHistory>();
  private readonly bySite = new Map<number, [inside?: SiteHistory, outside?: SiteHistory]>();
  /** Places that the next loop must close though it may not name them. */
  private unsettled = new Set<SiteHistory>();

  constructor(
    readonly record: HookRecord,
    private readonly warmup: number,
    private readonly site: (site: number) => SiteRecord,
  ) {}

  /** Settled loops after warm-up: those that are judged. */
  get judgedLoops(): number {
    return Math.max(0, this.lastLoop - this.warmup);
  }

  /** Every place that left something behind at some loop's end. */
  get sites(): SiteHistory[] {
    return [...this.places.values()];
  }

  add(record: LoopRecord): void {
    if (record.loop !== this.lastLoop + 1) {
      throw new PhptraceError(`loop ${record.loop} follows loop ${this.lastLoop}`);
    }
    this.lastLoop = record.loop;
    this.growthBytes += record.heapAfter - record.heapBefore;
    this.explainedBytes += record.explained;
    this.durationNs += record.durationNs;
    this.recent.push(record);
    if (this.recent.length > RECENT_LOOPS) this.recent.shift();
    if (record.loop > this.warmup) {
      for (const free of record.older ?? []) this.older.add(record.loop - this.warmup, free, 1);
    }

    const open = this.unsettled;
    for (const site of open) site.beginLoop();
    for (const residue of record.residue) {
      this.opened(open, residue.site, residue.outside).addResidue(record.loop, residue);
    }
    for (const offset of record.offset) {
      this.opened(open, offset.site, offset.outside).addOffset(record.loop, offset);
    }
    for (const free of record.lateFrees) {
      if (free.site !== null) this.site(free.site);
      this.opened(open, free.birthSite, free.outside).addLateFree(record.loop, free);
    }
    this.unsettled = new Set();
    for (const site of open) {
      site.endLoop(record.loop);
      if (site.hasOffset) this.unsettled.add(site);
    }
  }

  addOutside({ loops, residentBytes, mappedBytes }: OutsideRecord): void {
    this.outside.add({ loop: loops[this.record.hook] ?? 0, residentBytes, mappedBytes });
  }

  addArray({ array, loops, since, elements }: ArrayRecord): void {
    let points = this.arrays.get(array);
    if (!points) this.arrays.set(array, (points = new LowPoints(({ elements }) => elements)));
    // The call that began last has the number of those before it, for the first one is 0.
    const callOf = (seen: readonly number[]): number => Math.max(0, (seen[this.record.hook] ?? 0) - 1);
    points.add({ loop: callOf(loops), since: callOf(since), elements });
  }

  /** The place that a site of a settled loop belongs to. */
  placeOf(site: number, outside: boolean): SitePlace {
    return this.historyOf(site, outside).place;
  }

  /** What holds the blocks of a place. */
  addHeld(record: HeldRecord): void {
    this.historyOf(record.site, record.outside).held = record;
  }

  forgetHeld(): void {
    for (const site of this.sites) site.held = undefined;
  }

  private opened(open: Set<SiteHistory>, site: number, outside: boolean): SiteHistory {
    const history = this.historyOf(site, outside);
    open.add(history);
    return history;
  }

  /** Sites of one line and function are one place, whatever oplines they are. */
  private historyOf(site: number, outside: boolean): SiteHistory {
    const index = outside ? 1 : 0;
    let pair = this.bySite.get(site);
    if (!pair) this.bySite.set(site, (pair = []));
    const known = pair[index];
    if (known) return known;
    const { file, line, function: name } = this.site(site);
    const key = `${placeKey(file, line, name)} ${String(outside)}`;
    let history = this.places.get(key);
    if (!history) {
      history = new SiteHistory({ hook: this.record.hook, file, line, function: name, outside }, this.warmup);
      this.places.set(key, history);
    }
    pair[index] = history;
    return history;
  }
}
