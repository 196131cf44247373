import { sizeClassOf } from './size-classes.js';

/**
 * Numbers for the places where blocks are born: one for each (site, path, outside, size class) that was met, counted
 * from 0, so that per-place counters are flat arrays. Places of one path (or of one site, without a path) are chained;
 * the chain is as long as there are sizes that the line asks for.
 */
export class Places {
  private readonly sites: number[] = [];
  private readonly paths: number[] = [];
  private readonly outsides: boolean[] = [];
  private readonly classes: number[] = [];
  /** The place met before in the same chain, or -1. */
  private readonly chained: number[] = [];
  /** By site: met within a loop. */
  private readonly inside: boolean[] = [];
  private withoutPath = new Int32Array(1024).fill(-1);
  private withPath = new Int32Array(1024).fill(-1);

  /** Places met so far. */
  get size(): number {
    return this.sites.length;
  }

  /** The number of a place, a new one where it was not met before. */
  of(site: number, path: number, outside: boolean, sizeBytes: number): number {
    const sizeClass = sizeClassOf(sizeBytes);
    const index = (path === 0 ? site : path) * 2 + (outside ? 1 : 0);
    const known = path === 0 ? this.withoutPath : this.withPath;
    const newest = index < known.length ? known[index]! : -1;
    for (let place = newest; place >= 0; place = this.chained[place]!) {
      if (this.sites[place] === site && this.classes[place] === sizeClass) return place;
    }
    if (path === 0) this.withoutPath = fitted(known, index);
    else this.withPath = fitted(known, index);
    const place = this.sites.length;
    (path === 0 ? this.withoutPath : this.withPath)[index] = place;
    this.sites.push(site);
    this.paths.push(path);
    this.outsides.push(outside);
    this.classes.push(sizeClass);
    this.chained.push(newest);
    if (!outside) this.inside[site] = true;
    return place;
  }

  /** Whether blocks of this site were born within a loop, so far. */
  isMetInside(site: number): boolean {
    return this.inside[site] === true;
  }

  /** What makes the place, but for the size. */
  describe(place: number): { site: number; path: number; outside: boolean } {
    return { site: this.sites[place]!, path: this.paths[place]!, outside: this.outsides[place]! };
  }
}

function fitted(array: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  if (index < array.length) return array;
  const larger = new Int32Array(2 ** Math.ceil(Math.log2(index + 1))).fill(-1);
  larger.set(array);
  return larger;
}
