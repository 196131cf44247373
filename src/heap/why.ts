import { PhptraceError } from '../errors.js';
import type { HeapAnalysis } from './analysis.js';
import { commonPaths } from './common-path.js';
import { GARBAGE } from './garbage.js';
import { NODE_KIND } from './heap-graph.js';
import { pathText } from './path-steps.js';
import { nearNames, suggest } from '../php/near-names.js';
import { spread } from './spread.js';

/** Ways of blocks by which they are held: all that are alike as one. */
export interface HoldingPath {
  readonly holder: string;
  /** `static AuditTrail::$entries → [*] → 'body'`. */
  readonly path: string;
  readonly blocks: number;
  readonly bytes: number;
}

/** What holds the instances of a type, or one block. */
export interface Why {
  /** `App\User`, `string`, or the block's address as 0x7f…. */
  readonly asked: string;
  readonly type: string;
  /** The blocks that were asked for, and their bytes. */
  readonly blocks: number;
  readonly bytes: number;
  /** What was looked at of those that are reachable; less than all where there are very many. */
  readonly sample: number;
  /** Those that lead to most memory first. */
  readonly paths: readonly HoldingPath[];
  /** Kept alive by each other, and the collector takes them. */
  readonly inCycles: number;
  /** Kept by nothing that is known. */
  readonly orphans: number;
}

/** Ways that are looked at: a way costs some microseconds. */
const MOST_WAYS = 20_000;
const MOST_STATICS = 5;

/**
 * What holds the block at an address (`0x7f…`, any address within it), or the instances of a class or type.
 *
 * @throws PhptraceError where there is no such block or type
 */
export function explainWhy(analysis: HeapAnalysis, asked: string): Why {
  return /^0x[0-9a-f]+$/i.test(asked) ? ofBlock(analysis, asked) : ofType(analysis, asked);
}

function ofBlock(analysis: HeapAnalysis, asked: string): Why {
  const { graph } = analysis;
  const address = Number(asked);
  const node = address < 2 ** 47 ? graph.nodeAt(address) : 0;
  if (node === 0) {
    throw new PhptraceError(
      `no live block of the PHP heap holds ${asked}: it was freed, or was never there; blocks are named as 0x7f…`,
    );
  }
  return whyOf(analysis, `0x${graph.addressOf(node).toString(16)}`, graph.typeName(node), [node]);
}

function ofType(analysis: HeapAnalysis, asked: string): Why {
  const { graph } = analysis;
  const wanted = asked.replace(/^\\/, '').toLowerCase();
  const nodes: number[] = [];
  let type = asked;
  const isWanted = new Map<number, boolean>();
  for (let node = 1; node < graph.nodeCount; node++) {
    if (graph.kinds[node] === NODE_KIND.arrayData) continue;
    const number = graph.typeNumber(node);
    let wants = isWanted.get(number);
    if (wants === undefined) isWanted.set(number, (wants = graph.typeText(number).toLowerCase() === wanted));
    if (!wants) continue;
    if (nodes.length === 0) type = graph.typeText(number);
    nodes.push(node);
  }
  if (nodes.length === 0) {
    const statics = staticsOf(analysis, wanted);
    if (statics.length > 0) {
      throw new PhptraceError(
        `no object of class ${asked} is alive, and what it keeps is in ${statics.join(', ')}: the lists of \`dump\` ` +
          'without --why say what that is',
      );
    }
    const others = [...new Set([...isWanted.keys()].map((number) => graph.typeText(number)))];
    throw new PhptraceError(
      `nothing of type ${asked} is alive${suggest(nearNames(asked, others))}: name a class, string or array`,
    );
  }
  return whyOf(analysis, type, type, nodes);
}

/** What a class keeps without an object, largest first: `static Registry::$entries (4096 bytes)`. */
function staticsOf({ paths }: HeapAnalysis, wanted: string): string[] {
  const bytesOf = new Map<string, number>();
  for (const { holder, bytes } of paths) {
    const className = /^(?:static|constant) (?:\$\S+ in )?([^:]+)::/.exec(holder)?.[1];
    if (className?.toLowerCase() === wanted) bytesOf.set(holder, (bytesOf.get(holder) ?? 0) + bytes);
  }
  const holders = [...bytesOf].sort(([, a], [, b]) => b - a);
  const shown = holders.slice(0, MOST_STATICS).map(([holder, bytes]) => `${holder} (${String(bytes)} bytes)`);
  return holders.length > shown.length ? [...shown, `${String(holders.length - shown.length)} more`] : shown;
}

function whyOf(analysis: HeapAnalysis, asked: string, type: string, nodes: readonly number[]): Why {
  const { graph, garbage } = analysis;
  const bytesOf = (node: number): number => graph.sizes8[node]! * 8;
  const reached = nodes.filter((node) => garbage.bits[node] === 0);
  const looked = spread(reached, MOST_WAYS);
  const paths = commonPaths(looked.map((node) => analysis.wayTo(node))).map((path) => ({
    holder: path.holder,
    path: pathText(path),
    blocks: path.count,
    bytes: path.bytes,
  }));
  const orphans = nodes.filter((node) => (garbage.bits[node]! & GARBAGE.orphan) !== 0).length;
  return {
    asked,
    type,
    blocks: nodes.length,
    bytes: nodes.reduce((sum, node) => sum + bytesOf(node), 0),
    sample: looked.length,
    paths,
    inCycles: nodes.length - reached.length - orphans,
    orphans,
  };
}
