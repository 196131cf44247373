/**
 * Numbers for the places where blocks are born: one for each (site, path, outside) that was met, counted from 0, so
 * that per-place counters are flat arrays. A look-up costs one array load where a path belongs to one site, as nearly
 * all do; the others go through a Map.
 */
export class Places {
  private readonly sites: number[] = [];
  private readonly paths: number[] = [];
  private readonly outsides: boolean[] = [];
  private withoutPath = new Int32Array(1024).fill(-1);
  private withPath = new Int32Array(1024).fill(-1);
  private readonly shared = new Map<string, number>();

  /** Places met so far. */
  get size(): number {
    return this.sites.length;
  }

  /** The number of a place, a new one where it was not met before. */
  of(site: number, path: number, outside: boolean): number {
    const index = (path === 0 ? site : path) * 2 + (outside ? 1 : 0);
    const known = path === 0 ? this.withoutPath : this.withPath;
    const place = index < known.length ? known[index]! : -1;
    if (place >= 0 && this.sites[place] === site) return place;
    return this.add(site, path, outside, index, place);
  }

  /** What makes the place. */
  describe(place: number): { site: number; path: number; outside: boolean } {
    return { site: this.sites[place]!, path: this.paths[place]!, outside: this.outsides[place]! };
  }

  /** `taken`: the place of another site that holds this path's entry in the flat array, or -1. */
  private add(site: number, path: number, outside: boolean, index: number, taken: number): number {
    const place = this.sites.length;
    if (taken >= 0) {
      const key = `${site} ${index}`;
      const met = this.shared.get(key);
      if (met !== undefined) return met;
      this.shared.set(key, place);
    } else if (path === 0) {
      this.withoutPath = fitted(this.withoutPath, index);
      this.withoutPath[index] = place;
    } else {
      this.withPath = fitted(this.withPath, index);
      this.withPath[index] = place;
    }
    this.sites.push(site);
    this.paths.push(path);
    this.outsides.push(outside);
    return place;
  }
}

function fitted(array: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  if (index < array.length) return array;
  const larger = new Int32Array(2 ** Math.ceil(Math.log2(index + 1))).fill(-1);
  larger.set(array);
  return larger;
}
