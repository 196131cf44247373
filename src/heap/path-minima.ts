/**
 * A tree whose nodes are numbered from the root down, of which only those above a mark count, and the node with the
 * least value on the way up from any of them. Ways that were asked for are cut short (Tarjan's path compression), so
 * that a question costs O(log n) on average. 4 bytes a node.
 */
export class PathMinima {
  private readonly lowest: Uint32Array;

  /** Takes `ancestors`, the parent by node, and changes it for nodes above the mark. Reads `values` of those only. */
  constructor(
    private readonly ancestors: Uint32Array,
    private readonly values: Uint32Array,
  ) {
    this.lowest = new Uint32Array(ancestors.length);
    for (let i = 0; i < this.lowest.length; i++) this.lowest[i] = i;
  }

  /**
   * Of the nodes from `node` up to the last one that is greater than `mark`: the one with the least value, of equal
   * ones any. `node` must be greater than `mark`, and no mark greater than one asked for before.
   */
  find(node: number, mark: number): number {
    const { ancestors, values, lowest } = this;
    if (ancestors[node]! <= mark) return lowest[node]!;
    // Up, with each pointer turned round, so that the way back needs no memory.
    let below = node;
    let at = ancestors[node]!;
    while (ancestors[at]! > mark) {
      const above = ancestors[at]!;
      ancestors[at] = below;
      below = at;
      at = above;
    }
    // Down, where each node learns the least value above it and points to the top.
    const top = ancestors[at]!;
    let least = lowest[at]!;
    while (at !== node) {
      at = below;
      below = ancestors[at]!;
      if (values[lowest[at]!]! <= values[least]!) least = lowest[at]!;
      else lowest[at] = least;
      ancestors[at] = top;
    }
    return lowest[node]!;
  }
}
