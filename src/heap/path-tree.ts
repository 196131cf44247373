import { DEEPEST_NESTING } from './path-steps.js';
import { RootFamilies } from './root-families.js';

/** All blocks that are reached by one way, and what most of their memory is. */
export interface CountedPath {
  /** The root. */
  readonly holder: string;
  /** Root and steps: `static AuditTrail::$entries → [*] → 'body'`. */
  readonly path: string;
  /** The same one by one. */
  readonly steps: readonly string[];
  readonly blocks: number;
  readonly bytes: number;
  readonly type: string;
}

const ANY_ELEMENT = '[*]';
const ANY_PROPERTY = '->*';
/** More keys than this below one way are data, and not names. */
const MOST_KEYS = 32;
/** A property that was met so many steps before is the same chain or tree going on. */
const LOOK_BACK = 8;
const DEEPEST = 64;
/** Numbers of steps fit below this, so that a way and a step make one exact number. */
const MOST_STEPS = 2 ** 22;

/**
 * Ways from roots to blocks as a tree, and what is counted at each. Memory depends on how many different ways there
 * are: elements of arrays are one step whatever their index, names that are data become one step, and a chain or tree
 * of objects is one step however long or deep it is.
 */
export class PathTree {
  private readonly roots = new Map<string, number>();
  private readonly families = new RootFamilies();
  private readonly children = new Map<number, number>();
  private readonly stepNumbers = new Map<string, number>();
  private readonly stepTexts: string[] = [];
  private readonly stepOfKey = new Map<number, number>();
  /** By way; -1 and the root's name as a step for a root. */
  private readonly parents: number[] = [];
  private readonly steps: number[] = [];
  private readonly depths: number[] = [];
  private readonly keys: number[] = [];
  private readonly repeats: boolean[] = [];
  private readonly blocks: number[] = [];
  private readonly bytes: number[] = [];
  /** The type that has most of the memory, if one has more than all others together. */
  private readonly types: number[] = [];
  private readonly votes: number[] = [];

  /** @param keyText the text of a key, by the address of its zend_string */
  constructor(private readonly keyText: (zendString: number) => string) {}

  root(name: string): number {
    const known = this.roots.get(name);
    if (known !== undefined) return known;
    const path = this.add(-1, this.step(name));
    this.roots.set(name, path);
    this.families.add(name);
    return path;
  }

  /** The ways below take one step from a way and return the way that this makes. */
  element(path: number): number {
    const step = this.step(ANY_ELEMENT);
    if (this.steps[path] === step && this.runOf(path) >= DEEPEST_NESTING) {
      this.repeats[path] = true;
      return path;
    }
    return this.child(path, step);
  }

  property(path: number, name: string): number {
    const step = this.step(`->${name}`);
    let at = path;
    for (let back = 0; back < LOOK_BACK && at >= 0; back++, at = this.parents[at]!) {
      if (this.steps[at] !== step || this.parents[at] === -1) continue;
      this.repeats[at] = true;
      return at;
    }
    return this.child(path, step);
  }

  variable(path: number, zendString: number): number {
    return this.child(
      path,
      this.stepOf(zendString, (text) => `$${text}`),
    );
  }

  self(path: number): number {
    return this.child(path, this.step('$this'));
  }

  /** A key of an array, or a property that no class declares. */
  key(path: number, zendString: number, kind: 'element' | 'property'): number {
    const any = kind === 'element' ? ANY_ELEMENT : ANY_PROPERTY;
    if (this.keys[path]! > MOST_KEYS) return this.child(path, this.step(any));
    const step = this.stepOf(zendString, (text) => (kind === 'element' ? `'${text}'` : `->${text}`));
    const before = this.parents.length;
    const child = this.child(path, step);
    if (this.parents.length > before) this.keys[path]!++;
    return child;
  }

  /** Counts a block. */
  count(path: number, sizeBytes: number, type: number): void {
    this.blocks[path]!++;
    this.bytes[path]! += sizeBytes;
    if (this.types[path] === type) this.votes[path]! += sizeBytes;
    else if (this.votes[path]! >= sizeBytes) this.votes[path]! -= sizeBytes;
    else {
      this.types[path] = type;
      this.votes[path] = sizeBytes;
    }
  }

  /** What was counted, most memory first; ways that turned out to differ by data only are one. */
  paths(typeText: (type: number) => string): CountedPath[] {
    const sums = new Map<string, { at: number; blocks: number; bytes: number; type: number; most: number }>();
    const texts: string[] = [];
    for (let path = 0; path < this.parents.length; path++) {
      const parent = this.parents[path]!;
      const own = this.stepText(path);
      texts[path] = parent === -1 ? own : `${texts[parent]!} → ${own}`;
      const [blocks, bytes] = [this.blocks[path]!, this.bytes[path]!];
      if (blocks === 0) continue;
      const sum = sums.get(texts[path]!) ?? { at: path, blocks: 0, bytes: 0, type: 0, most: -1 };
      sum.blocks += blocks;
      sum.bytes += bytes;
      if (bytes > sum.most) [sum.most, sum.type] = [bytes, this.types[path]!];
      sums.set(texts[path]!, sum);
    }
    return [...sums]
      .map(([path, { at, blocks, bytes, type }]) => {
        const steps = this.stepsTo(at);
        return { holder: steps[0]!, path, steps, blocks, bytes, type: typeText(type) };
      })
      .sort((a, b) => b.bytes - a.bytes);
  }

  /** How many steps up to this one are the same, as far as it matters. */
  private runOf(path: number): number {
    let run = 1;
    for (let at = this.parents[path]!; at >= 0 && this.steps[at] === this.steps[path]; at = this.parents[at]!) {
      if (++run >= DEEPEST_NESTING) break;
    }
    return run;
  }

  private stepsTo(path: number): string[] {
    const steps: string[] = [];
    for (let at = path; at !== -1; at = this.parents[at]!) steps.push(this.stepText(at));
    return steps.reverse();
  }

  private stepText(path: number): string {
    const parent = this.parents[path]!;
    const own = this.stepTexts[this.steps[path]!]! + (this.repeats[path] ? ' → …' : '');
    if (parent === -1) return this.families.nameOf(own);
    return this.isData(parent, own) ? anyOf(own) : own;
  }

  /** True for a key below a way that has more keys than names. */
  private isData(parent: number, step: string): boolean {
    return this.keys[parent]! > MOST_KEYS && (step.startsWith("'") || step.startsWith('->'));
  }

  private child(path: number, step: number): number {
    if (this.depths[path]! >= DEEPEST) return path;
    const key = path * MOST_STEPS + step;
    const known = this.children.get(key);
    if (known !== undefined) return known;
    const child = this.add(path, step);
    this.children.set(key, child);
    return child;
  }

  private add(parent: number, step: number): number {
    this.steps.push(step);
    this.depths.push(parent === -1 ? 0 : this.depths[parent]! + 1);
    for (const list of [this.keys, this.blocks, this.bytes, this.types, this.votes]) list.push(0);
    this.repeats.push(false);
    return this.parents.push(parent) - 1;
  }

  private stepOf(zendString: number, text: (name: string) => string): number {
    const known = this.stepOfKey.get(zendString);
    if (known !== undefined) return known;
    const step = this.step(text(this.keyText(zendString)));
    this.stepOfKey.set(zendString, step);
    return step;
  }

  private step(text: string): number {
    const known = this.stepNumbers.get(text);
    if (known !== undefined) return known;
    // Texts beyond all reason are called by no name.
    if (this.stepTexts.length >= MOST_STEPS - 1) return this.step(ANY_ELEMENT);
    const step = this.stepTexts.push(text) - 1;
    this.stepNumbers.set(text, step);
    return step;
  }
}

function anyOf(step: string): string {
  return step.startsWith('->') ? ANY_PROPERTY : ANY_ELEMENT;
}
