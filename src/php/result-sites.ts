import { neverReturns } from './control-flow.js';
import type { FlowGraph } from './control-flow.js';
import type { Instruction } from './disassembly.js';

/**
 * The instructions at which `rax` is for certain the value that the code will return, such that every path to a return
 * passes exactly one of them: the `ret`s.
 *
 * @param early take in place of a `ret` an instruction before it that the kernel emulates (a jump, a push), which costs
 * a tenth, where nothing writes `rax` any more and no loop can pass it twice. The code may still have bookkeeping to
 * do there, so this is for callers that need the pointer alone.
 */
export function resultSites(graph: FlowGraph, { early }: { readonly early: boolean }): number[] {
  const settled = early ? settledInstructions(graph) : new Set<number>();
  const sites: number[] = [];
  const seen = new Set<number>();
  const pending = [graph.entry];
  for (let address = pending.pop(); address !== undefined; address = pending.pop()) {
    const instruction = graph.instructions.get(address);
    if (instruction === undefined || seen.has(address)) continue;
    seen.add(address);
    const cheap = instruction.emulated && settled.has(address) && !inLoop(graph, address);
    if (cheap || instruction.flow === 'return') sites.push(address);
    else pending.push(...graph.successors(address));
  }
  return neverReturns(graph) ? [] : sites.sort((a, b) => a - b);
}

/**
 * The instructions from which nothing writes `rax` any more, on every path up to its return: the greatest set that is
 * closed under going on.
 */
function settledInstructions(graph: FlowGraph): Set<number> {
  const settled = new Set<number>();
  for (const [address, instruction] of graph.instructions) if (keepsResult(instruction)) settled.add(address);
  for (let changed = true; changed;) {
    changed = false;
    for (const address of settled) {
      const { flow, target } = graph.instructions.get(address) as Instruction;
      const successors = graph.successors(address);
      const leaves = target !== undefined && !successors.includes(target);
      const goesOn = flow === 'return' || (successors.length > 0 && successors.every((next) => settled.has(next)));
      if (goesOn && !leaves) continue;
      settled.delete(address);
      changed = true;
    }
  }
  return settled;
}

function keepsResult({ flow, written }: Instruction): boolean {
  const known = flow === 'next' || flow === 'conditional' || flow === 'jump' || flow === 'return';
  return known && !written.includes('rax');
}

function inLoop(graph: FlowGraph, address: number): boolean {
  const seen = new Set<number>();
  const pending = [...graph.successors(address)];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next === address) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    pending.push(...graph.successors(next));
  }
  return false;
}
