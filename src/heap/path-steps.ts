import { NODE_KIND } from './heap-graph.js';
import type { EdgeName, HeapGraph } from './heap-graph.js';
import type { Step } from './shortest-paths.js';

/** How a block is reached from its root, as a PHP programmer would write it: the root's name, then step by step. */
export interface RetentionPath {
  /** `static AuditTrail::$entries`. */
  readonly holder: string;
  readonly steps: readonly PathStep[];
}

/** One step from a thing to what it holds. */
export interface PathStep {
  /** `[4711]`, `'body'`, `[User #12]`, `->logger`, `$bound`; `[*]` for what lies somewhere within an extension's object. */
  readonly text: string;
  /** What stands for it where it differs from block to block: `[*]`, `->*`. Undefined for a step that never does. */
  readonly wildcard?: string;
}

/** Arrays within arrays to this depth are a way that a person wants to see; deeper they are a chain. */
export const DEEPEST_NESTING = 8;

/** Writes a way from node 0 to a block; its first edge leaves node 0. */
export function describePath(graph: HeapGraph, way: readonly Step[]): RetentionPath {
  const [root, ...others] = way;
  const steps: PathStep[] = [];
  let isHidden = false;
  for (const { node, edge } of others) {
    const name = graph.edgeName(node, edge);
    const step = stepOf(name);
    if (step !== undefined) {
      steps.push(step);
      isHidden = isOpaque(graph.kinds[graph.edgeTo[edge]!]!);
    } else if (!isHidden && name.name === '(content)' && isContent(graph.kinds, node, graph.edgeTo[edge]!)) {
      steps.push({ text: ANY, wildcard: ANY });
      isHidden = true;
    }
  }
  return { holder: root === undefined ? '' : graph.edgeName(0, root.edge).name, steps };
}

/** Stands for an element whose name varies, or is not known. */
export const ANY = '[*]';

/** `static AuditTrail::$entries → [4711] → 'body'`. */
export function pathText({ holder, steps }: RetentionPath): string {
  return [holder, ...steps.map(({ text }) => text)].join(' → ');
}

/** Undefined for what PHP code cannot write. */
function stepOf({ kind, name }: EdgeName): PathStep | undefined {
  switch (kind) {
    case 'property':
      return { text: `->${name}` };
    case 'dynamicProperty':
      return { text: `->${name}`, wildcard: '->*' };
    case 'variable':
      return { text: `$${name}` };
    case 'element':
      return { text: name.startsWith("'") ? name : `[${name}]`, wildcard: ANY };
    case 'internal':
      return name === '$this' || name === '(key)' ? { text: name } : undefined;
    case 'root':
      return undefined;
  }
}

/** What is in a resource, or in a block of an extension's, is said to be in what holds that. */
export function isOpaque(kind: number): boolean {
  return kind === NODE_KIND.unknown || kind === NODE_KIND.internal || kind === NODE_KIND.resource;
}

/**
 * True where an engine's or extension's own pointer leads from a container to what it contains. Its own blocks, and an
 * array that is the container's storage, are no step.
 */
export function isContent(kinds: Uint8Array, from: number, to: number): boolean {
  if (kinds[from] === NODE_KIND.reference) return false;
  const kind = kinds[to];
  return kind === NODE_KIND.object || kind === NODE_KIND.string || kind === NODE_KIND.reference;
}
