import type { JudgedArray } from './judged-arrays.js';
import { byWeight, rank } from './judged-site.js';
import type { Grown, JudgedSite } from './judged-site.js';
import type { SitePlace } from './site-history.js';

/** Heaviest first. An array that gets longer is its line's, where one is known. */
export function withArrays(sites: readonly JudgedSite[], judged: readonly JudgedArray[]): Grown {
  const filled = new Map<SitePlace, [JudgedArray, ...JudgedArray[]]>();
  for (const array of judged) {
    if (!array.place) continue;
    const others = filled.get(array.place);
    if (others) others.push(array);
    else filled.set(array.place, [array]);
  }
  const known = new Set(sites.map(({ place }) => place));
  const silent = [...filled].flatMap(([place, [array]]) => (known.has(place) ? [] : [withoutBlocks(place, array)]));
  const worst = new Map<SitePlace, JudgedSite>();
  for (const site of [...sites, ...silent]) {
    const other = worst.get(site.place);
    if (!other || rank(site) < rank(other)) worst.set(site.place, site);
  }
  // A line that both keeps memory and makes garbage is there once for each.
  const lines = [...sites, ...silent].map((site) =>
    worst.get(site.place) === site ? filling(site, filled.get(site.place) ?? []) : site,
  );
  const arrays = judged.filter(({ place }) => place === undefined);
  return { sites: lines.sort(byWeight), arrays: arrays.sort((a, b) => rank(a) - rank(b) || b.bytes - a.bytes) };
}

/** A line of which nothing is known but that it makes an array longer, in the room that this has. */
function withoutBlocks(place: SitePlace, { evidence, callPath = 0 }: JudgedArray): JudgedSite {
  return { place, path: callPath, verdict: 'warmup', blocks: 0, bytes: 0, bytesPerLoop: 0, evidence };
}

/**
 * A line that makes arrays longer, as these are: unless it has a verdict as bad for all that it keeps. What they take
 * now is what the line has taken; the call path is that of their elements.
 */
function filling(line: JudgedSite, arrays: readonly JudgedArray[]): JudgedSite {
  const worse = arrays.filter((array) => rank(array) < rank(line));
  const [worst] = worse.sort((a, b) => rank(a) - rank(b) || b.bytesPerLoop - a.bytesPerLoop);
  if (!worst) return line;
  const { verdict, evidence, openLoops, holder, path, callPath } = worst;
  const sum = (of: (array: JudgedArray) => number): number => worse.reduce((total, array) => total + of(array), 0);
  return {
    ...line,
    // 0 where it was not recorded.
    path: callPath || line.path,
    verdict,
    evidence,
    bytesPerLoop: sum(({ bytesPerLoop }) => bytesPerLoop),
    fills: {
      arrays: worse.length,
      elements: worst.elements,
      capacity: worst.capacity,
      elementsPerLoop: worst.bytesPerLoop / worst.elementBytes,
    },
    filled: { holder, path },
    ...(openLoops === undefined ? {} : { openLoops }),
  };
}
