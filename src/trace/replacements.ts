/** A block older than the recorded loops that was freed right after another was handed out on the same line. */
export interface Replaced {
  readonly sizeBytes: number;
  readonly site: number;
  readonly path: number;
  readonly hook: number;
  /** True where its birth was not seen at all. */
  readonly isUnknown: boolean;
}

/**
 * Blocks that seem to have taken the place of older ones: a table that outgrows its block takes a larger one and frees
 * the old one, with nothing between. Whether they did shows at the loop's end: a temporary is gone by then.
 */
export class Replacements {
  private readonly byAddress = new Map<number, Replaced>();

  /** `address` is the new block's. */
  add(address: number, replaced: Replaced): void {
    this.byAddress.set(address, replaced);
  }

  /** The new block was replaced in its turn. */
  moved(from: number, to: number): void {
    if (this.byAddress.size === 0) return;
    const replaced = this.byAddress.get(from);
    if (!replaced) return;
    this.byAddress.delete(from);
    this.byAddress.set(to, replaced);
  }

  /** Hands out all of them and whether the new block `lives`, and forgets them. */
  settle(lives: (address: number) => boolean, decide: (replaced: Replaced, stands: boolean) => void): void {
    if (this.byAddress.size === 0) return;
    for (const [address, replaced] of this.byAddress) decide(replaced, lives(address));
    this.byAddress.clear();
  }
}
