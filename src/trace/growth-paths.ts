/**
 * By which call paths blocks grew that are resized again and again. Each is counted under the path that added most to
 * it, whichever came first or last.
 */
export class GrowthPaths {
  private readonly byAddress = new Map<number, Growth>();

  /** The block at `address` is to be followed from now on; `path` has made it grow by so many bytes. */
  begin(address: number, path: number, bytes: number): void {
    this.byAddress.set(address, { path, bytes: new Map([[path, bytes]]) });
  }

  /**
   * A path has resized the block at `from`, which is at `to` now. Returns the path that has added most, of equal ones the
   * earlier; one that took bytes away keeps its place until another one adds some. Path 0 is none: it counts for nothing
   * and yields to any.
   */
  grew(from: number, to: number, path: number, bytes: number): number {
    const growth = this.byAddress.get(from);
    if (!growth) return path;
    if (from !== to) {
      this.byAddress.delete(from);
      this.byAddress.set(to, growth);
    }
    if (path === 0) return growth.path;
    const sum = (growth.bytes.get(path) ?? 0) + bytes;
    growth.bytes.set(path, sum);
    if (growth.path === 0 || sum > growth.bytes.get(growth.path)!) growth.path = path;
    return growth.path;
  }

  ended(address: number): void {
    this.byAddress.delete(address);
  }

  clear(): void {
    this.byAddress.clear();
  }
}

interface Growth {
  /** The one that has added most. */
  path: number;
  readonly bytes: Map<number, number>;
}
