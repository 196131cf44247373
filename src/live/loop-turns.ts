/** When the loops of a trace had their last turns, by hook. */
export class LoopTurns {
  private begun = 0;
  private now = 0;
  private readonly last: { seen: number; at: number }[] = [];

  begin(now: number): void {
    this.begun = this.now = now;
  }

  /** Takes how many turns each hook has had by now (ms); all events up to now must have been read. */
  look(now: number, seen: readonly number[]): void {
    this.now = now;
    for (const [hook, turns] of seen.entries()) {
      if ((this.last[hook]?.seen ?? 0) !== turns) this.last[hook] = { seen: turns, at: now };
    }
  }

  /** How long a hook has had no turn, ms; where it had none, or has no place yet: how long the trace lasts. */
  idleMs(hook?: number): number {
    return this.now - ((hook === undefined ? undefined : this.last[hook]?.at) ?? this.begun);
  }
}
