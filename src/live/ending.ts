import { loopsToNextLook } from '../leaks/awaited.js';
import type { SessionOptions } from './session.js';

type Limits = Pick<
  SessionOptions,
  | 'warmup'
  | 'maxLoops'
  | 'durationSeconds'
  | 'longSeconds'
  | 'patienceSeconds'
  | 'awaited'
  | 'othersAreDone'
  | 'observer'
>;

/** How far a loop of a trace is. */
export interface LoopCourse {
  readonly loop: string;
  /** Undefined while its code is waited for. */
  readonly hook?: number;
  readonly settled: number;
  /** How long it has had no turn; of one without any: how long the trace lasts. */
  readonly idleMs: number;
}

/** When a trace has seen enough: after a fixed number of loops, or when all is told; and when its time is over. */
export class Ending {
  /** What `auto` waited for when it last looked. */
  awaits: ReturnType<Limits['awaited']>;
  private nextLook = 0;
  private judged = 0;
  private isAwaited: ((hook: number) => boolean) | undefined;
  private deadline = Infinity;
  private longDeadline = Infinity;

  constructor(private readonly limits: Limits) {}

  /** The clock starts, ms. */
  begin(now: number): void {
    this.deadline = now + this.limits.durationSeconds * 1000;
    this.longDeadline = now + this.limits.longSeconds * 1000;
  }

  /**
   * Why the trace is over when its loops are so far; undefined while it is not. A loop that has no turn for a while is
   * not waited for when another one, or another process or thread, has had all of its own.
   */
  reasonAfter(loops: readonly LoopCourse[]): string | undefined {
    const { warmup, maxLoops } = this.limits;
    const [busy, idle] = this.sorted(loops);
    if (busy.length === 0) {
      const isLeft = idle.length > 0 && this.limits.othersAreDone();
      return isLeft ? `others have had their loops; ${this.silence(idle)}` : undefined;
    }
    const judged = Math.min(...busy.map(({ settled }) => settled)) - warmup;
    const reason = maxLoops === 'auto' ? this.allTold(busy, judged) : judged >= maxLoops && `${String(maxLoops)} loops`;
    if (typeof reason !== 'string') return undefined;
    return idle.length === 0 ? reason : `${reason}; ${this.silence(idle)}`;
  }

  /** Whether the time is over. Where lines are not decided yet, `auto` goes on for longer, and says so. */
  isTimeOver(now: number): boolean {
    if (now < this.deadline) return false;
    if (now < this.longDeadline && this.limits.maxLoops === 'auto') {
      const awaits = this.limits.awaited(this.isAwaited);
      if (awaits !== undefined && awaits.pending > 0) this.goOn(awaits.pending);
    }
    return now >= this.deadline;
  }

  /** As a report has it. */
  get timeOver(): string {
    return `${String(this.over)} s are over`;
  }

  /** Those whose turns count, and those that are not waited for. One that has had all of its turns may rest. */
  private sorted(loops: readonly LoopCourse[]): [busy: LoopCourse[], idle: LoopCourse[]] {
    const { maxLoops, warmup, patienceSeconds } = this.limits;
    const isBusy = ({ settled, idleMs }: LoopCourse): boolean =>
      idleMs < patienceSeconds * 1000 || (maxLoops !== 'auto' && settled - warmup >= maxLoops);
    return [loops.filter(isBusy), loops.filter((loop) => !isBusy(loop))];
  }

  private allTold(busy: readonly LoopCourse[], judged: number): string | undefined {
    // Where it is another loop that has fewest, what was planned for that one is void.
    if (judged < this.judged) this.nextLook = 0;
    this.judged = judged;
    if (judged < this.nextLook) return undefined;
    const hooks = new Set(busy.map(({ hook }) => hook));
    this.isAwaited = (hook) => hooks.has(hook);
    this.awaits = this.limits.awaited(this.isAwaited);
    if (this.awaits === undefined) return `all is told after ${String(judged)} loops`;
    this.nextLook = Math.max(0, judged) + loopsToNextLook(judged, this.awaits.moreLoops);
    return undefined;
  }

  private silence(idle: readonly LoopCourse[]): string {
    const seconds = Math.round(this.limits.patienceSeconds * 10) / 10;
    return `${idle.map(({ loop }) => loop).join(', ')} had no turn for ${String(seconds)} s`;
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
