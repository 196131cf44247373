import type { TraceVerdict } from '../leaks/judgement.js';
import type { Verdict } from '../leaks/verdict.js';
import type { Report, ReportedArray, ReportedSite } from './model.js';
import type { Tracee } from './named-pid.js';

/** What a trace of several processes, or of several threads of one, has found: plain data, finished. */
export interface GroupReport {
  readonly schema: 1;
  /** One of each process, or of each thread that runs PHP, in the order in which their traces ended. */
  readonly processes: readonly Report[];
  readonly merged: MergedReport;
}

/** What the processes show together. */
export interface MergedReport {
  readonly verdict: TraceVerdict;
  /** With `unknown`: why, and what to do. */
  readonly verdictReason?: string;
  /** The processes, or threads, whose loops the verdict rests on. */
  readonly judged: readonly Tracee[];
  /** Those whose loops were too few to say anything: idle ones, and workers that ended soon. */
  readonly short: readonly Tracee[];
  readonly untraced: readonly Untraced[];
  /** Summed over the judged processes, but for `warmup`. */
  readonly loops: Report['loops'];
  /** Leaks first, by bytes; then what is pending; then what is innocent. */
  readonly sites: readonly MergedSite[];
  /** The arrays of the judged processes that leak, or may. */
  readonly arrays: readonly ArrayInProcess[];
  /** The judged processes whose memory outside of PHP's heap grows. */
  readonly outside: readonly OutsideInProcess[];
  /** Sentences about the processes as a whole. */
  readonly notes: readonly string[];
}

export type ArrayInProcess = Tracee & ReportedArray;

export interface OutsideInProcess extends Tracee {
  readonly loops: number;
  readonly bytes: number;
  readonly bytesPerLoop: number;
}

export interface Untraced extends Tracee {
  readonly reason: string;
  /** True where it was asked for by its pid. */
  readonly named: boolean;
}

/**
 * One place of the program, summed over the processes: `blocks` and `bytes` added up, `bytesPerLoop` in the mean over
 * the loops of all. Holder, types and call path are of the process that keeps most there.
 */
export interface MergedSite extends Omit<ReportedSite, 'evidence' | 'growth' | 'uncollected'> {
  /** Those that left something behind there. */
  readonly processes: readonly SiteInProcess[];
  /** True where no process alone decides it, and their loops side by side do. */
  readonly judgedTogether: boolean;
  /** With `pending`: about so many loops more, in each process, would tell. */
  readonly moreLoops?: number;
}

export interface SiteInProcess extends Tracee {
  readonly verdict: Verdict;
  readonly blocks: number;
  readonly bytes: number;
  readonly bytesPerLoop: number;
}
