import { NO_DOMINATOR } from './dominators.js';
import type { Dominators } from './dominators.js';
import type { HeapGraph } from './heap-graph.js';
import { PhptraceError } from '../errors.js';

/**
 * Retained size / 8 by node: what would be freed if the node were, itself included. 0 for nodes that node 0 does not
 * reach; for node 0 the sum of all that it reaches.
 *
 * @throws PhptraceError for a heap of 32 GiB and more, whose sum does not fit.
 */
export function retainedSizes8(
  { nodeCount, sizes8, edgeStart }: Pick<HeapGraph, 'nodeCount' | 'sizes8' | 'edgeStart'>,
  { dominator, order }: Dominators,
): Uint32Array {
  const retained8 = new Uint32Array(nodeCount);
  let total8 = 0;
  // Nodes that refer to nothing retain themselves alone. The order need not have them.
  for (let node = 0; node < nodeCount; node++) {
    const holder = dominator[node]!;
    if (holder === NO_DOMINATOR) continue;
    const size8 = sizes8[node]!;
    total8 += size8;
    retained8[node]! += size8;
    if (edgeStart[node] === edgeStart[node + 1] && node !== 0) retained8[holder]! += size8;
  }
  if (total8 > 0xffff_ffff) {
    throw new PhptraceError(`cannot add up retained sizes: the heap has ${total8 * 8} bytes, 32 GiB is the most`);
  }
  for (let i = order.length - 1; i > 0; i--) {
    const node = order[i]!;
    if (edgeStart[node] !== edgeStart[node + 1]) retained8[dominator[node]!]! += retained8[node]!;
  }
  return retained8;
}
