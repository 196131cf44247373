import { PhptraceError } from '../errors.js';
import type { OutsideRecord } from '../trace/records.js';
import { OutsideGauge } from './outside-gauge.js';
import { otherPhpThreads } from './target.js';
import type { Target } from './target.js';

const FIRST_INTERVAL_MS = 50;
/** After so many samples the interval doubles: short traces have enough, and long ones do not write more and more. */
const SAMPLES_PER_INTERVAL = 128;
/** A sample is taken once in this many times what the last one took of the CPU. */
const IDLE_SHARE = 25;

/**
 * Looks now and then what the process has outside of PHP's heap. What keeps that from being told is a detail (`-v`): the
 * trace is about the heap.
 */
export class OutsideWatch {
  private gauge: OutsideGauge | undefined;
  private isOver = false;
  private loops = 0;
  private samples = 0;
  private vain = 0;
  private next = 0;
  private costMs = 0;

  /** @param warmup loops that are not looked at, of each hook */
  constructor(
    private readonly target: Target,
    private readonly warmup: number,
    private readonly debug: (message: string) => void,
  ) {}

  /** A sample, where one is due and loops have begun since the last one. `loopsSeen` is by hook, `now` in ms. */
  look(now: number, loopsSeen: readonly number[]): OutsideRecord | undefined {
    if (this.isOver || now < this.next) return undefined;
    const loops = Math.max(0, ...loopsSeen);
    if (loops <= Math.max(this.loops, this.warmup)) return undefined;
    this.loops = loops;
    try {
      const before = process.cpuUsage();
      checkAlone(this.target);
      const sample = (this.gauge ??= new OutsideGauge(this.target)).sample();
      const { user, system } = process.cpuUsage(before);
      // The first one takes longer than any other, for its code is new.
      if (this.samples > 0) this.costMs = (user + system) / 1000;
      this.next = now + Math.max(this.costMs * IDLE_SHARE, this.intervalMs);
      this.samples++;
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
    const { samples, vain } = this;
    this.debug(
      `memory outside of PHP's heap was looked at ${String(samples)} times, ${String(vain)} of them in vain, for the ` +
        'heap changed meanwhile',
    );
  }

  private get intervalMs(): number {
    return FIRST_INTERVAL_MS * 2 ** Math.floor(this.samples / SAMPLES_PER_INTERVAL);
  }
}

/** @throws PhptraceError where it cannot be told what is outside */
function checkAlone(target: Target): void {
  const others = otherPhpThreads(target);
  if (others > 0) throw new PhptraceError(`${String(others)} other threads have heaps of PHP of their own`);
}
