import { loopsToNextLook } from '../leaks/awaited.js';
import type { SessionOptions } from './session.js';

type Limits = Pick<SessionOptions, 'warmup' | 'maxLoops' | 'durationSeconds' | 'longSeconds' | 'awaited' | 'observer'>;

/** When a trace has seen enough: after a fixed number of loops, or when all is told; and when its time is over. */
export class Ending {
  /** What `auto` waited for when it last looked. */
  awaits: ReturnType<Limits['awaited']>;
  private nextLook = 0;
  private deadline = Infinity;
  private longDeadline = Infinity;

  constructor(private readonly limits: Limits) {}

  /** The clock starts, ms. */
  begin(now: number): void {
    this.deadline = now + this.limits.durationSeconds * 1000;
    this.longDeadline = now + this.limits.longSeconds * 1000;
  }

  /** Why the trace is over when so many loops of each hook have settled; undefined while it is not. */
  reasonAfter(settled: number): string | undefined {
    const { maxLoops } = this.limits;
    const judged = settled - this.limits.warmup;
    if (maxLoops !== 'auto') return judged >= maxLoops ? `${String(maxLoops)} loops` : undefined;
    if (judged < this.nextLook) return undefined;
    this.awaits = this.limits.awaited();
    if (this.awaits === undefined) return `all is told after ${String(judged)} loops`;
    this.nextLook = Math.max(0, judged) + loopsToNextLook(judged, this.awaits.moreLoops);
    return undefined;
  }

  /** Whether the time is over. Where lines are not decided yet, `auto` goes on for longer, and says so. */
  isTimeOver(now: number): boolean {
    if (now < this.deadline) return false;
    if (now < this.longDeadline && this.limits.maxLoops === 'auto') {
      const awaits = this.limits.awaited();
      if (awaits !== undefined && awaits.pending > 0) this.goOn(awaits.pending);
    }
    return now >= this.deadline;
  }

  /** As a report has it. */
  get timeOver(): string {
    return `${String(this.over)} s are over`;
  }

  private get over(): number {
    const { durationSeconds, longSeconds } = this.limits;
    return this.deadline === this.longDeadline ? longSeconds : durationSeconds;
  }

  private goOn(lines: number): void {
    this.deadline = this.longDeadline;
    const { observer, durationSeconds, longSeconds } = this.limits;
    observer.note?.(
      `after ${String(durationSeconds)} s ${lines === 1 ? '1 line is' : `${String(lines)} lines are`} not decided: ` +
        `the trace goes on, for ${String(longSeconds)} s in all (--duration; Ctrl-C gives the report now)`,
    );
  }
}
