import type { Awaited } from './leaks/awaited.js';
import type { Report } from './report/model.js';
import type { TraceRecord } from './trace/records.js';

/** What `attach` and `run` take. All optional. */
export interface TraceOptions {
  /**
   * What a loop is, each one of: `foo`, `Class::method`, `file.php:line` (a closure declared there, or a statement
   * inside a loop), `symbol:NAME` (a native function), `request`, `none`. Empty or absent: chosen by watching the stack.
   */
  readonly loops?: readonly string[];
  /** Loops at the start that are not judged. Default 3. */
  readonly warmup?: number;
  /**
   * Ends after so many settled loops after warm-up. Default `auto`: when of every line that grew it is told whether it
   * leaks; where nothing leaks, after 1000 loops, which exclude a leak in one of a hundred.
   */
  readonly maxLoops?: number | 'auto';
  /** Ends after so many seconds. Default 60; with `auto` up to 300 while lines are not decided. */
  readonly durationSeconds?: number;
  /**
   * Whether to copy the process's memory at the end of the trace, to tell what holds the memory of each line. The
   * process stands still for the copy. Default true.
   */
  readonly snapshot?: boolean;
  /** Where the log goes; default a new file in the state directory. Of several processes each has its pid in the name. */
  readonly logFile?: string;
  /** Ring buffer size in bytes, a power of two. Default 64 MiB; with several processes 16 MiB for each. */
  readonly ringBytes?: number;
  /** Ends the trace early, with a full report. */
  readonly signal?: AbortSignal;
  /** Asked ten times a second: true gives `observer.report` the report of the trace so far, and the trace goes on. */
  readonly wantsReport?: () => boolean;
  /** Hears of progress; never needed for the result. */
  readonly observer?: TraceObserver;
  /** Links to use; `auto` prefers uprobe_multi. For tests and odd kernels. */
  readonly links?: 'auto' | 'multi' | 'perf';
  /** How function loops are noticed; `auto` prefers the watchpoint. For tests and odd machines. */
  readonly boundary?: 'auto' | 'watchpoint' | 'handler';
}

/** What `attach` takes for one process. */
export interface AttachOptions extends TraceOptions {
  /** Of a process that runs PHP in several threads: the id of the one to trace. */
  readonly thread?: number;
}

/** What `attach` takes for several processes. */
export interface GroupOptions extends TraceOptions {
  /**
   * Traces the workers of a master in its place, also those that it forks later, and the children that a worker forks.
   * Default false.
   */
  readonly children?: boolean;
}

/** What `run` takes besides. */
export interface RunOptions extends TraceOptions {
  /** Where the program's own stdout goes: ours (default), or our stderr. */
  readonly programStdout?: 'inherit' | 'stderr';
}

/** What `snapshot` takes. All optional. */
export interface SnapshotOptions {
  /** At most so much memory besides the PHP heap is copied, bytes. Default 1 GiB; what is left out is named in the notes. */
  readonly maxOtherBytes?: number;
  /** Of a process that runs PHP in several threads: the id of the one whose memory is meant. */
  readonly thread?: number;
  /** Hears details; never needed for the result. */
  readonly observer?: Pick<TraceObserver, 'debug'>;
}

/** What `listProcesses` takes. All optional. */
export interface ListOptions {
  /** How long to watch the heaps grow, in seconds. Default 3. */
  readonly intervalSeconds?: number;
  /** Hears details; never needed for the result. */
  readonly observer?: Pick<TraceObserver, 'debug'>;
}

export interface TraceObserver {
  /** A sentence for the person who waits: what is awaited, what `auto` chose. */
  note?(sentence: string): void;
  /** Detail for `-v`. */
  debug?(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Each record as it goes to the log. */
  record?(record: TraceRecord): void;
  /** A report that `wantsReport` asked for, with what holds the memory at this moment. */
  report?(report: Report): void;
  /** About once a second: loops judged so far, warm-up left out, and events decoded so far, and what `auto` still waits for. */
  progress?(loops: number, events: number, awaited?: Awaited): void;
}
