import type { CountedPath } from '../heap/path-tree.js';

const ANY_ELEMENT = '[*]';
const ANY_PROPERTY = '->*';

/**
 * The ways of two heaps in the same words: a name that became `[*]` or `->*` in one of them, because there it was one
 * of too many, becomes so in the other.
 */
export function alignedPaths(
  before: readonly CountedPath[],
  after: readonly CountedPath[],
): [CountedPath[], CountedPath[]] {
  const [inBefore, inAfter] = [prefixesOf(before), prefixesOf(after)];
  return [before.map((path) => aligned(path, inAfter)), after.map((path) => aligned(path, inBefore))];
}

/** Every way and every part of one from its root on. */
function prefixesOf(paths: readonly CountedPath[]): ReadonlySet<string> {
  const prefixes = new Set<string>();
  for (const { steps } of paths) {
    let prefix = '';
    for (const step of steps) prefixes.add((prefix = joined(prefix, step)));
  }
  return prefixes;
}

function aligned(path: CountedPath, others: ReadonlySet<string>): CountedPath {
  let prefix = '';
  let isChanged = false;
  const steps = path.steps.map((step) => {
    const any = step.startsWith("'") ? ANY_ELEMENT : step.startsWith('->') ? ANY_PROPERTY : step;
    const isOther = any !== step && !others.has(joined(prefix, step)) && others.has(joined(prefix, any));
    isChanged ||= isOther;
    const chosen = isOther ? any : step;
    prefix = joined(prefix, chosen);
    return chosen;
  });
  return isChanged ? { ...path, steps, path: steps.join(' → ') } : path;
}

function joined(prefix: string, step: string): string {
  return prefix === '' ? step : `${prefix} → ${step}`;
}
