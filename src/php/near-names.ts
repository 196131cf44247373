import { distance as editDistance } from 'fastest-levenshtein';

/** How far a name may be from the one that was asked for, as a share of its length, to be worth a suggestion. */
const FAR = 0.4;
const MOST = 3;

/** The names nearest to the one asked for, best first, by edits or because one holds the other. */
export function nearNames(asked: string, names: Iterable<string>): string[] {
  const wanted = asked.toLowerCase();
  const scored: { name: string; distance: number }[] = [];
  for (const name of new Set(names)) {
    const candidate = name.toLowerCase();
    const short = wanted.includes('::') ? candidate : (candidate.split('::').at(-1) ?? candidate);
    const distance = short.includes(wanted) ? 0.1 : editDistance(wanted, short) / Math.max(wanted.length, short.length);
    if (distance <= FAR) scored.push({ name, distance });
  }
  return scored
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, MOST)
    .map(({ name }) => name);
}

/** ` (did you mean a, b?)`, or nothing. */
export function suggest(names: readonly string[]): string {
  return names.length === 0 ? '' : ` (did you mean ${names.join(', ')}?)`;
}
