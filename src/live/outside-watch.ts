import { PhptraceError } from '../errors.js';
import type { OutsideRecord } from '../trace/records.js';
import { LookTimes } from './look-times.js';
import { OutsideGauge } from './outside-gauge.js';
import { otherPhpThreads } from './target.js';
import type { Target } from './target.js';

/**
 * Looks now and then what the process has outside of PHP's heap. What keeps that from being told is a detail (`-v`): the
 * trace is about the heap.
 */
export class OutsideWatch {
  private gauge: OutsideGauge | undefined;
  private isOver = false;
  private vain = 0;
  private readonly times: LookTimes;

  /** @param warmup loops that are not looked at, of each hook */
  constructor(
    private readonly target: Target,
    warmup: number,
    private readonly debug: (message: string) => void,
  ) {
    this.times = new LookTimes(warmup);
  }

  /** A sample, where one is due and loops have begun since the last one. `loopsSeen` is by hook, `now` in ms. */
  look(now: number, loopsSeen: readonly number[]): OutsideRecord | undefined {
    if (this.isOver || !this.times.isDue(now, loopsSeen)) return undefined;
    try {
      const sample = this.times.have(now, loopsSeen, () => {
        checkAlone(this.target);
        return (this.gauge ??= new OutsideGauge(this.target)).sample();
      });
      if (sample !== undefined) return { type: 'outside', loops: [...loopsSeen], ...sample };
      this.vain++;
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      this.isOver = true;
      this.debug(`memory outside of PHP's heap is not watched: ${error.message}`);
    }
    return undefined;
  }

  close(): void {
    this.isOver = true;
    this.gauge?.close();
    this.gauge = undefined;
    this.debug(
      `memory outside of PHP's heap was looked at ${String(this.times.looks)} times, ${String(this.vain)} of them in ` +
        'vain, for the heap changed meanwhile',
    );
  }
}

/** @throws PhptraceError where it cannot be told what is outside */
function checkAlone(target: Target): void {
  const others = otherPhpThreads(target);
  if (others > 0) throw new PhptraceError(`${String(others)} other threads have heaps of PHP of their own`);
}
