import { RootFamilies } from './root-families.js';
import { DEEPEST_NESTING } from './path-steps.js';
import type { PathStep, RetentionPath } from './path-steps.js';

/** A way to a block of that size. */
export interface WeighedPath extends RetentionPath {
  readonly bytes: number;
  /** The loop in which the block was born, where that is asked. */
  readonly loop?: number;
}

/** What many ways to blocks have in common. */
export interface CommonPath extends RetentionPath {
  /** How many of the ways it stands for, and the bytes of the blocks that they lead to. */
  readonly count: number;
  readonly bytes: number;
  /** From how many loops these blocks are. */
  readonly loops: number;
  /** Which ones of the list they are. */
  readonly ways: readonly number[];
}

interface Way extends WeighedPath {
  readonly index: number;
}

/**
 * The ways of a kind that most have: those with the same holder and the same steps, where steps into an array count as
 * the same whatever their key. A key that they all have stays; one that varies becomes `[*]`. A chain, such as a linked
 * list, counts as one step however long it is, and holders that differ by numbers as one. Those that lead to most
 * memory come first.
 */
export function commonPaths(paths: readonly WeighedPath[]): CommonPath[] {
  const groups = new Map<string, Way[]>();
  const families = new RootFamilies();
  for (const { holder } of paths) families.add(holder);
  for (const [index, path] of paths.entries()) {
    const folded = { ...path, index, holder: families.nameOf(path.holder), steps: foldRepeats(path.steps) };
    const key = JSON.stringify([folded.holder, ...folded.steps.map(shapeOf)]);
    const group = groups.get(key);
    if (group) group.push(folded);
    else groups.set(key, [folded]);
  }
  return [...groups.values()].map(merge).sort((a, b) => b.bytes - a.bytes);
}

/**
 * The way to what piles up: of the ways to blocks of about as many loops as any, the one that leads to most memory. An
 * array that became longer once can be larger than all that was put into it meanwhile.
 */
export function pilingPath(paths: readonly WeighedPath[]): CommonPath | undefined {
  const common = commonPaths(paths);
  const most = Math.max(...common.map(({ loops }) => loops));
  return common.find(({ loops }) => 2 * loops >= most);
}

function merge(group: readonly Way[]): CommonPath {
  const [first] = group as [Way];
  const steps = first.steps.map((step, index) => {
    const isSame = group.every((path) => path.steps[index]?.text === step.text);
    return isSame ? step : { ...step, text: shapeOf(step) };
  });
  const bytes = group.reduce((sum, path) => sum + path.bytes, 0);
  const loops = new Set(group.map(({ loop }) => loop)).size;
  return { holder: first.holder, steps, count: group.length, bytes, loops, ways: group.map(({ index }) => index) };
}

function shapeOf({ text, wildcard }: PathStep): string {
  return wildcard ?? text;
}

/**
 * `->next → ->next → ->next` is `->next → …`: the same step, or pair of steps, three times or more. So are closures that
 * each hold the next one: `$handler → $handler → $handler`.
 */
function foldRepeats(steps: readonly PathStep[]): PathStep[] {
  const folded: PathStep[] = [];
  for (let at = 0; at < steps.length;) {
    const period = [1, 2].find((length) => repeatsOf(steps, at, length) >= fewestRepeats(steps, at, length));
    if (period === undefined) {
      folded.push(steps[at]!);
      at++;
      continue;
    }
    folded.push(...steps.slice(at, at + period), { text: '…' });
    at += period * repeatsOf(steps, at, period);
  }
  return folded;
}

function repeatsOf(steps: readonly PathStep[], at: number, period: number): number {
  const isSame = (offset: number): boolean => {
    const [step, other] = [steps[offset], steps[offset + period]];
    return step !== undefined && other !== undefined && shapeOf(step) === shapeOf(other);
  };
  let end = at;
  while (isSame(end)) end++;
  return Math.floor((end - at) / period) + 1;
}

/** Elements within elements are a nesting that a person wants to see, as long as it is no chain of arrays. */
function fewestRepeats(steps: readonly PathStep[], at: number, period: number): number {
  const hasProperty = steps.slice(at, at + period).some(({ text }) => /^(->|\$)/.test(text));
  return hasProperty ? FEWEST_REPEATS : DEEPEST_NESTING + 1;
}

const FEWEST_REPEATS = 3;
