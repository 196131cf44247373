import type { Disassembler, Instruction } from './disassembly.js';

/** The instructions that a piece of code can reach, and where it leaves. */
export interface FlowGraph {
  readonly entry: number;
  readonly instructions: ReadonlyMap<number, Instruction>;
  /** Targets of direct jumps that were not followed: other functions (tail calls), `.cold` parts. */
  readonly exits: ReadonlySet<number>;
  /** Targets of direct calls. */
  readonly calls: ReadonlySet<number>;
  readonly returns: readonly number[];
  /** Addresses of jumps whose target the code does not name. */
  readonly otherJumps: readonly number[];
  /** Addresses in this graph that may run after the instruction. */
  successors(address: number): readonly number[];
}

/**
 * Follows the code from `entry`: both sides of conditional jumps, past calls, and those jumps for whose target `follow`
 * says so. Without `follow` it stays inside the function that holds `entry`. A path that runs over the end of its
 * function ends there: the call before it does not return.
 */
export function flowGraph(disassembler: Disassembler, entry: number, follow?: (target: number) => boolean): FlowGraph {
  if (follow !== undefined) return walk(disassembler, entry, follow);
  const known = graphs.get(disassembler) ?? new Map<number, FlowGraph>();
  graphs.set(disassembler, known);
  const graph = known.get(entry) ?? walk(disassembler, entry, insideFunction(disassembler, entry));
  known.set(entry, graph);
  return graph;
}

/** Everything that the code hands control to by name: direct calls and jumps out of it. */
export function targets(graph: FlowGraph): Set<number> {
  return new Set([...graph.calls, ...graph.exits]);
}

/** True where no path comes to a return or leaves: a `.cold` part that ends in a panic. */
export function neverReturns(graph: FlowGraph): boolean {
  return graph.returns.length === 0 && graph.exits.size === 0 && graph.otherJumps.length === 0;
}

/** Several derivations look at the same functions. */
const graphs = new WeakMap<Disassembler, Map<number, FlowGraph>>();

function walk(disassembler: Disassembler, entry: number, follow: (target: number) => boolean): FlowGraph {
  const instructions = new Map<number, Instruction>();
  const successorsOf = new Map<number, readonly number[]>();
  const exits = new Set<number>();
  const calls = new Set<number>();
  const pending = [entry];
  for (let address = pending.pop(); address !== undefined; address = pending.pop()) {
    if (instructions.has(address)) continue;
    const instruction = disassembler.at(address);
    instructions.set(address, instruction);
    const successors: number[] = [];
    const { target } = instruction;
    if (target !== undefined && instruction.flow === 'call') calls.add(target);
    if (target !== undefined && (instruction.flow === 'jump' || instruction.flow === 'conditional')) {
      if (follow(target)) successors.push(target);
      else exits.add(target);
    }
    if (fallsThrough(instruction) && instruction.next < disassembler.bounds(address).end) {
      successors.push(instruction.next);
    }
    successorsOf.set(address, successors);
    pending.push(...successors);
  }
  const all = [...instructions.values()];
  return {
    entry,
    instructions,
    exits,
    calls,
    returns: all.filter(({ flow }) => flow === 'return').map(({ address }) => address),
    otherJumps: all.filter(({ flow }) => flow === 'other-jump').map(({ address }) => address),
    successors: (address) => successorsOf.get(address) ?? [],
  };
}

function insideFunction(disassembler: Disassembler, entry: number): (target: number) => boolean {
  const { start, end } = disassembler.bounds(entry);
  return (target) => target >= start && target < end;
}

function fallsThrough({ flow }: Instruction): boolean {
  return flow === 'next' || flow === 'conditional' || flow === 'call' || flow === 'other-call';
}
