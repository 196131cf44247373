/**
 * The finished data of a trace, in the order in which it is made: what the loop ledger hands to the verdicts and what
 * the log keeps, one record a line. Everything that a report needs is in these records, so a report of a live trace
 * and one of its log are the same.
 */

/** Bumped when a reader of older logs would misread a record. */
export const LOG_SCHEMA = 1;

/** How a loop's start is noticed. */
export type BoundaryKind = 'watchpoint' | 'handler' | 'symbol' | 'request' | 'none';

export interface HookInfo {
  /** As the user wrote it or as `auto` chose it: `Foo::run`, `worker.php:12`, `request`, `none`. */
  readonly loop: string;
  readonly boundary: BoundaryKind;
  /** Why `auto` chose this hook, in one sentence. */
  readonly evidence?: string;
}

/** First line of a log. */
export interface TraceHeader {
  readonly type: 'trace';
  readonly schema: typeof LOG_SCHEMA;
  readonly pid: number;
  /** The pid that it has for itself, where that is another: in a container. */
  readonly innerPid?: number;
  /** The thread whose PHP it is, where the process runs PHP in several, or in one that is not its main one. */
  readonly thread?: number;
  /** PHP's version as the process tells it: `8.2.36`. */
  readonly php: string;
  readonly sapi: string;
  readonly mode: 'exact';
  /** ISO 8601. */
  readonly startedAt: string;
  /** Loops at the start that are called warm-up. */
  readonly warmup: number;
}

/** A hook came to be watched; its number is its place among the hook records. */
export interface HookRecord extends HookInfo {
  readonly type: 'hook';
  readonly hook: number;
}

/** A place that allocates or frees: one opline of PHP, or no PHP frame at all (file null). Named before it is used. */
export interface SiteRecord {
  readonly type: 'site';
  readonly site: number;
  readonly file: string | null;
  readonly line: number;
  /** `foo`, `Foo::bar`, `{closure}`, `{main}`, or null where no frame was. */
  readonly function: string | null;
}

/** A call path, innermost frame first, each frame a site. Path 0 is "not recorded" and never has a record. */
export interface PathRecord {
  readonly type: 'path';
  readonly path: number;
  readonly sites: readonly number[];
  /** True where the walk stopped at its limit and outer frames are missing. */
  readonly truncated: boolean;
}

/** Blocks of one place and one size class (src/trace/size-classes.ts) that were born in one loop. */
export interface Residue {
  readonly site: number;
  readonly path: number;
  /** True where the block was allocated between loops: a timer, the code around the loop function. */
  readonly outside: boolean;
  readonly blocks: number;
  readonly bytes: number;
}

/** Blocks of a loop that was settled before, two or more back, that ended in this loop. */
export interface LateFree {
  /**
   * Where the free happened. Null where no free was seen: the heap was dropped at a request's end, or the address was
   * handed out again.
   */
  readonly site: number | null;
  readonly birthSite: number;
  readonly birthPath: number;
  /** -1: before the first loop. */
  readonly birthLoop: number;
  readonly outside: boolean;
  readonly blocks: number;
  readonly bytes: number;
}

/** Blocks of one size class that are older than the trace and ended in this loop. */
export interface OlderFree {
  readonly blocks: number;
  readonly bytes: number;
}

/** One settled loop of one hook: written when the loop after it has ended, for neighbours offset each other. */
export interface LoopRecord {
  readonly type: 'loop';
  readonly hook: number;
  /** 1 is the first recorded call; call 0 is not recorded. */
  readonly loop: number;
  /** Blocks of this loop that outlived the loop after it. */
  readonly residue: readonly Residue[];
  /**
   * Blocks of this loop that outlived it and ended in the next one. What was alive at this loop's end is the residue
   * of all loops up to it, less their late frees, plus these: the level that tells a string which moves as it grows
   * (always offset, always bigger) from a value that is replaced.
   */
  readonly offset: readonly Residue[];
  readonly lateFrees: readonly LateFree[];
  /**
   * Frees of blocks that were there before the trace, without those whose place a larger one took at once. Absent where
   * there was none.
   */
  readonly older?: readonly OlderFree[];
  /** `heap->size` when the loop began and when it ended (bytes), as the allocator itself counts. */
  readonly heapBefore: number;
  readonly heapAfter: number;
  /** What the events between those two boundaries add up to (bytes). */
  readonly explained: number;
  /** Blocks handed out in this loop, however short their life. */
  readonly births: number;
  /** From the loop's start to the start of the next one, nanoseconds. */
  readonly durationNs: number;
}

/**
 * What the process has in memory outside of PHP's heap, seen now and then while it runs: private memory of no file, but
 * for its stack. malloc's memory is there, persistent allocations of PHP among it, and what libraries map.
 */
export interface OutsideRecord {
  readonly type: 'outside';
  /** Loops begun by then as hook number -> calls seen. */
  readonly loops: readonly number[];
  /** Bytes of pages that exist, swapped out ones too. */
  readonly residentBytes: number;
  /** Bytes of addresses that it has from the kernel for them. */
  readonly mappedBytes: number;
}

/**
 * How many elements an array had that is older than the judged loops, and whose elements take no memory but their places
 * in it: a table that fills takes memory only when it doubles. Seen now and then while the process runs, of arrays that
 * have got longer.
 */
export interface ArrayRecord {
  readonly type: 'array';
  /** Its number. */
  readonly array: number;
  /** Loops begun by then as hook number -> calls seen. */
  readonly loops: readonly number[];
  /** The same at the look before: what came since then came at any time between. */
  readonly since: readonly number[];
  readonly elements: number;
  /** For how many it has room, and what a place takes. */
  readonly capacity: number;
  readonly elementBytes: number;
  /** The line that makes it longer, where that was seen. */
  readonly by?: ArrayLine;
}

/** A line that makes an array longer. */
export interface ArrayLine {
  readonly hook: number;
  readonly site: number;
  readonly path: number;
  readonly outside: boolean;
}

/** What was said of an array is void: it is gone, or what it gets has memory of its own. */
export interface ArrayGoneRecord {
  readonly type: 'arrayGone';
  readonly array: number;
}

/** What holds an array. Comes after the snapshot's record. */
export interface HeldArrayRecord {
  readonly type: 'heldArray';
  readonly array: number;
  readonly holder: string | null;
  readonly path: string | null;
}

/** A copy of the process's memory was taken at the end of the trace, and what the blocks of each line are held by. */
export interface SnapshotRecord {
  readonly type: 'snapshot';
  /** How long the process stood still. */
  readonly pauseNs: number;
  readonly heapBytes: number;
  readonly blocks: number;
  /** PHP's collector of cycles; null where it could not be read. */
  readonly collector: Collector | null;
}

/** The state of PHP's cycle collector (gc_status()). */
export interface Collector {
  /** False with zend.enable_gc=0 or after gc_disable(), and where the collector has given up. */
  readonly enabled: boolean;
  /** It runs when so many possible roots have come together. */
  readonly threshold: number;
  readonly roots: number;
  readonly runs: number;
}

/** What holds the blocks of one line that outlived their loops. Comes after the snapshot's record. */
export interface HeldRecord {
  readonly type: 'held';
  readonly hook: number;
  readonly site: number;
  readonly outside: boolean;
  /** Its blocks that were live when the copy was made: fewer than the loops say, where some went since. */
  readonly alive: number;
  /** Blocks that were looked for in the copy; the four below add up to it. */
  readonly blocks: number;
  /** Which share of those that were to be looked for they are; absent where that is all. */
  readonly share?: number;
  /** Reached from a root, kept alive by each other only, referred to by nothing, not in the copy. */
  readonly reached: number;
  readonly cycle: number;
  readonly orphan: number;
  readonly missing: number;
  /** Of those reached, PHP's table of all objects. Absent where it is not among them. */
  readonly objectTables?: number;
  /** The root that reaches most of their memory: `static AuditTrail::$entries`; null where none does. */
  readonly holder: string | null;
  /** The way from there, as most of that memory has it: `static AuditTrail::$entries → [*] → 'body'`. */
  readonly path: string | null;
  /** What those on that way are, or all where there is none: `string`, `array`, names of classes, most memory first. */
  readonly types: readonly string[];
  /** What the cycles are. */
  readonly garbageTypes: readonly string[];
  /** By the loop of their birth, ascending. */
  readonly loops: readonly HeldLoop[];
}

/** Blocks of one line that were born in the same loop: those that are reached, and those of cycles. */
export interface HeldLoop {
  readonly loop: number;
  readonly reached: number;
  readonly reachedBytes: number;
  readonly cycle: number;
  readonly cycleBytes: number;
}

/** The reason of an end by Ctrl-C. */
export const INTERRUPTED = 'interrupted';

/** Last line of a log that was closed in order. */
export interface EndRecord {
  readonly type: 'end';
  /** Why the trace ended, a phrase: `100 loops`, `60s are over`, `interrupted`, `the process exited`. */
  readonly reason: string;
  /** False where what was seen must not be judged (the reason says why). */
  readonly conclusive: boolean;
  readonly counters: Counters;
  /** Loops per hook as hook number -> calls seen. */
  readonly loopsSeen: readonly number[];
  /** With the hook `none`: what was alive when the trace ended, most bytes first. */
  readonly alive?: readonly Residue[];
  /** Absent where all hooks got a place. */
  readonly missing?: readonly MissingHook[];
  /** Sentences for the person who reads the report: forks, execs, a fatal error, a reset heap. */
  readonly notes: readonly string[];
}

/** A loop that was asked for and never got a place. */
export interface MissingHook {
  /** As the user wrote it. */
  readonly loop: string;
  /** What never came, a sentence without its beginning. */
  readonly why: string;
}

/** What was not seen or not understood. All zero in a good trace. */
export interface Counters {
  readonly events: number;
  readonly droppedEvents: number;
  readonly unknownFrees: number;
  readonly unknownFreedBytes: number;
  /** A block handed out at an address that was thought live: its free was missed. */
  readonly missedFrees: number;
  readonly unreadFrames: number;
  /** Allocations whose result could not be seen (out of memory, a slow path that was not found). */
  readonly unresolved: number;
}

export type TraceRecord =
  | TraceHeader
  | HookRecord
  | SiteRecord
  | PathRecord
  | LoopRecord
  | OutsideRecord
  | ArrayRecord
  | ArrayGoneRecord
  | SnapshotRecord
  | HeldRecord
  | HeldArrayRecord
  | EndRecord;
