import { distance as editDistance } from 'fastest-levenshtein';

/** How far a name may be from the one that was asked for, as a share of its length, to be worth a suggestion. */
const FAR = 0.4;
const MOST = 3;
const TELLING_LETTERS = 4;

/** The names nearest to the one asked for, best first, by edits or because one holds the other. */
export function nearNames(asked: string, names: Iterable<string>): string[] {
  const wanted = asked.toLowerCase();
  const scored: { name: string; distance: number }[] = [];
  for (const name of new Set(names)) {
    const candidate = name.toLowerCase();
    const short = wanted.includes('::') ? candidate : (candidate.split('::').at(-1) ?? candidate);
    const distance = holds(name, short, wanted)
      ? 0.1
      : editDistance(wanted, short) / Math.max(wanted.length, short.length);
    if (distance <= FAR) scored.push({ name, distance });
  }
  return scored
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, MOST)
    .map(({ name }) => name);
}

/** A few letters are in many names by chance: of such, a word of the name must begin with them. */
function holds(name: string, short: string, wanted: string): boolean {
  const at = short.indexOf(wanted);
  if (at < 0) return false;
  const letter = name.at(at - short.length) ?? '';
  return wanted.length >= TELLING_LETTERS || at === 0 || /[^a-z]/.test(letter) || /[^a-z]/.test(short[at - 1] ?? '');
}

/** ` (did you mean a, b?)`, or nothing. */
export function suggest(names: readonly string[]): string {
  return names.length === 0 ? '' : ` (did you mean ${names.join(', ')}?)`;
}
