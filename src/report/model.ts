import type { Fill, Growth } from '../leaks/judged-site.js';
import type { TraceVerdict } from '../leaks/judgement.js';
import type { OutsideGrowth } from '../leaks/outside.js';
import type { Evidence, Verdict } from '../leaks/verdict.js';
import type { BoundaryKind, Collector, HookInfo } from '../trace/records.js';

/** What a trace has found: plain data, finished. `--format json` is this without `recentLoops`. */
export interface Report {
  readonly schema: 1;
  readonly pid: number;
  /** The pid that it has for itself, where that is another: in a container. */
  readonly innerPid?: number;
  /** The thread whose PHP it is, where the process runs PHP in several, or in one that is not its main one. */
  readonly thread?: number;
  readonly php: string;
  readonly sapi: string;
  readonly mode: 'exact';
  /** Of PHP's heap. `leak` where at least one line leaks; `unknown` where it could not be told. See `outside`, too. */
  readonly verdict: TraceVerdict;
  /** With `unknown`: why, and what to do. */
  readonly verdictReason?: string;
  /** Each loop that was watched, or asked for. */
  readonly hooks: readonly ReportedHook[];
  /** Summed over the hooks, but for `warmup`. `settled` are the judged ones, after warm-up. */
  readonly loops: { readonly seen: number; readonly warmup: number; readonly settled: number };
  /** Leaks first, by bytes; then what is pending; then what is innocent. */
  readonly sites: readonly ReportedSite[];
  /** Arrays that leak, or may, and of which no line was seen. */
  readonly arrays: readonly ReportedArray[];
  readonly accounting: Accounting;
  /** Memory outside of PHP's heap, which no line can be charged with; null where too little was seen of it. */
  readonly outside: OutsideMemory | null;
  /** The copy of the process's memory in which holders were looked for; null where none was taken. */
  readonly snapshot: {
    readonly pauseMs: number;
    readonly heapBytes: number;
    readonly blocks: number;
    readonly collector: Collector | null;
  } | null;
  /** Sentences about what happened to the process or to the trace. */
  readonly notes: readonly string[];
  /** Why the trace ended. */
  readonly ended: string;
  /** The log's file, or null where there is none. */
  readonly log: string | null;
  /** The last settled loops of each hook, for the text. */
  readonly recentLoops: readonly RecentLoops[];
}

export interface ReportedHook extends Omit<HookInfo, 'boundary'> {
  /** Null where its code was never met. */
  readonly boundary: BoundaryKind | null;
  /** As the report's own, of this loop alone. */
  readonly verdict: TraceVerdict;
  readonly verdictReason?: string;
  readonly loops: { readonly seen: number; readonly settled: number };
}

export interface Frame {
  /** Null where no PHP code was running. */
  readonly file: string | null;
  readonly line: number;
  readonly function: string | null;
}

export interface ReportedSite extends Frame {
  readonly verdict: Verdict;
  /** Of a leak: net since the end of warm-up. Else: what is alive of the recorded loops. */
  readonly blocks: number;
  readonly bytes: number;
  /** Net bytes a loop after warm-up. */
  readonly bytesPerLoop: number;
  readonly evidence: Evidence;
  /** The first line of the call path that is not under a `vendor` directory; the line itself where none is. */
  readonly app: Frame;
  /** The call path with most surviving bytes, innermost line first. */
  readonly stack: readonly Frame[];
  /** The hook's name. */
  readonly loop: string;
  /** True where the blocks were allocated between loops: a timer, the code around the loop function. */
  readonly outside: boolean;
  /** The root that holds the blocks: `static AuditTrail::$entries`. Null where nothing does, or it was not looked for. */
  readonly holder: string | null;
  /** The way from there to the blocks, as most of their memory has it: `static AuditTrail::$entries → [*] → 'body'`. */
  readonly path: string | null;
  /**
   * What the blocks at the end of that way are, or all where there is none, those with most memory first: `string`,
   * `array`, names of classes. Empty where it was not looked for.
   */
  readonly types: readonly string[];
  /**
   * Present where the line made arrays longer that get longer still: its bytes a loop and its evidence are theirs, for
   * they take memory only when they double.
   */
  readonly fills?: Fill;
  /** True where they are cycles that pile up because the collector is switched off. */
  readonly uncollected?: true;
  /** Present where the live bytes never fell and reached new heights in at least 4 loops. */
  readonly growth?: Growth;
}

/**
 * An array that is older than the judged loops and gets longer by elements that have no memory but their places in it:
 * it takes more when it has no room left.
 */
export interface ReportedArray extends Fill {
  readonly verdict: Verdict;
  /** What the elements take that came since warm-up, of the room that the array has. */
  readonly bytes: number;
  readonly bytesPerLoop: number;
  /** Blocks are elements here. */
  readonly evidence: Evidence;
  /** The hook's name. */
  readonly loop: string;
  /** The root that holds the array, and the way from there: as a line's. Null where it was not looked for. */
  readonly holder: string | null;
  readonly path: string | null;
}

/** How far the trace can be believed. */
export interface Accounting {
  /** How the heap grew over the recorded loops, by its own count. */
  readonly growthBytes: number;
  /** What the events of these loops add up to. */
  readonly explainedBytes: number;
  /** 0 to 1: how much of the growth is explained; 1 where nothing grew and nothing was missed. */
  readonly accounted: number;
  readonly droppedEvents: number;
  readonly unknownFrees: number;
  readonly missedFrees: number;
  readonly unreadFrames: number;
  readonly unresolved: number;
}

/** What malloc and mmap gave to PHP, its extensions and their libraries, as pages of the process show it. */
export interface OutsideMemory extends OutsideGrowth {
  /** The hook whose loops it is counted by: the one with most. */
  readonly loop: string;
}

export interface RecentLoops {
  readonly loop: string;
  /** Settled loops before these, which are not kept one by one. */
  readonly left: number;
  readonly loops: readonly LoopSummary[];
}

/** One settled loop, by line. What was allocated outside the loop is not in it. */
export interface LoopSummary {
  readonly loop: number;
  /** Lines that freed blocks of loops two or more back. */
  readonly freed: readonly FreeingLine[];
  /** Lines whose blocks outlived the loop and its neighbour. */
  readonly kept: readonly KeepingLine[];
  /** Kept less freed. */
  readonly totalBytes: number;
}

export interface KeepingLine {
  readonly file: string | null;
  readonly line: number;
  readonly bytes: number;
}

export interface FreeingLine extends KeepingLine {
  /** Where and in which loop the blocks were born; loop -1 is before the first. */
  readonly births: readonly (KeepingLine & { readonly loop: number })[];
}
