const QUICK_INTERVAL_MS = 4;
const FIRST_INTERVAL_MS = 50;
/** After so many looks the interval doubles: short traces have enough, and long ones do not write more and more. */
const LOOKS_PER_INTERVAL = 128;
/** A look is had once in this many times what the last one took of the CPU. */
const IDLE_SHARE = 25;

const NEW_CODE = 4;

/** When to have a look at a process from outside, between events: as often as it costs little. */
export class LookTimes {
  looks = 0;
  private loops = 0;
  private next = 0;
  private costMs = 0;

  /**
   * @param warmup loops in which there is nothing to see, of each hook
   * @param quickLooks so many follow each other quickly, for a trace of a few short loops
   */
  constructor(
    private readonly warmup: number,
    private readonly quickLooks = 0,
  ) {}

  /** Whether there is time, and loops have begun since the last look. `loopsSeen` is by hook, `now` in ms. */
  isDue(now: number, loopsSeen: readonly number[]): boolean {
    return now >= this.next && Math.max(0, ...loopsSeen) > Math.max(this.loops, this.warmup);
  }

  /** Has the look. What it returns and throws is the look's. */
  have<Seen>(now: number, loopsSeen: readonly number[], look: () => Seen): Seen {
    this.loops = Math.max(0, ...loopsSeen);
    const before = process.cpuUsage();
    const seen = look();
    const { user, system } = process.cpuUsage(before);
    // The first ones take longer than any other, for their code is new.
    if (this.looks >= NEW_CODE) this.costMs = (user + system) / 1000;
    this.next = now + Math.max(this.costMs * IDLE_SHARE, this.intervalMs);
    this.looks++;
    return seen;
  }

  private get intervalMs(): number {
    if (this.looks < this.quickLooks) return QUICK_INTERVAL_MS;
    return FIRST_INTERVAL_MS * 2 ** Math.floor(this.looks / LOOKS_PER_INTERVAL);
  }
}
