import { requiredSymbol } from './code-image.js';
import { flowGraph } from './control-flow.js';
import type { Disassembler } from './disassembly.js';
import { unproven } from './first-branch.js';

/**
 * The virtual address in the ELF file of the pointer to the heap: `zend_mm_get_heap` is nothing but its load, in every
 * build that is not thread-safe.
 *
 * @throws PhptraceError where the function is missing or is something else.
 */
export function findAllocGlobals(disassembler: Disassembler): number {
  const symbol = 'zend_mm_get_heap';
  const graph = flowGraph(disassembler, requiredSymbol(disassembler.image, symbol).address);
  const [load, end] = [...graph.instructions.values()].filter(({ mnemonic }) => mnemonic !== 'endbr64');
  const [to, from] = load?.operands ?? [];
  const returnsLoad = load?.mnemonic === 'mov' && to?.kind === 'register' && to.register === 'rax';
  if (!returnsLoad || from?.kind !== 'memory' || from.address === undefined || end?.flow !== 'return') {
    throw unproven(disassembler, symbol, 'it is not one load of alloc_globals (a thread-safe build?)');
  }
  return from.address;
}
