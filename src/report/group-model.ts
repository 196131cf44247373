import type { TraceVerdict } from '../leaks/judgement.js';
import type { Verdict } from '../leaks/verdict.js';
import type { Report, ReportedSite } from './model.js';

/** What a trace of several processes has found: plain data, finished. */
export interface GroupReport {
  readonly schema: 1;
  /** In the order in which their traces ended. */
  readonly processes: readonly Report[];
  readonly merged: MergedReport;
}

/** What the processes show together. */
export interface MergedReport {
  readonly verdict: TraceVerdict;
  /** With `unknown`: why, and what to do. */
  readonly verdictReason?: string;
  /** Pids of the processes whose loops the verdict rests on. */
  readonly judged: readonly number[];
  /** Pids of those whose loops were too few to say anything: of idle ones, and of workers that ended soon. */
  readonly short: readonly number[];
  readonly untraced: readonly Untraced[];
  /** Summed over the judged processes, but for `warmup`. */
  readonly loops: Report['loops'];
  /** Leaks first, by bytes; then what is pending; then what is innocent. */
  readonly sites: readonly MergedSite[];
  /** The judged processes whose memory outside of PHP's heap grows. */
  readonly outside: readonly OutsideInProcess[];
  /** Sentences about the processes as a whole. */
  readonly notes: readonly string[];
}

export interface OutsideInProcess {
  readonly pid: number;
  readonly loops: number;
  readonly bytes: number;
  readonly bytesPerLoop: number;
}

export interface Untraced {
  readonly pid: number;
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

export interface SiteInProcess {
  readonly pid: number;
  readonly verdict: Verdict;
  readonly blocks: number;
  readonly bytes: number;
  readonly bytesPerLoop: number;
}
