import { requiredSymbol } from './code-image.js';
import { flowGraph } from './control-flow.js';
import type { Disassembler, Instruction } from './disassembly.js';
import { unproven } from './first-branch.js';
import { loadChains, offsetWordOf } from './load-chains.js';
import type { GlobalPlace, ThreadStorage } from './thread-storage.js';

const SYMBOL = 'zend_mm_get_heap';
const POINTER_BYTES = 8;

/**
 * Where the pointer to the heap is: `zend_mm_get_heap` is nothing but its load. In a thread-safe build it is the first
 * word of a structure in the thread's block.
 *
 * @throws PhptraceError where the function is missing or is something else.
 */
export function findAllocGlobals(disassembler: Disassembler, storage: ThreadStorage | null): GlobalPlace {
  const entry = requiredSymbol(disassembler.image, SYMBOL).address;
  const instructions = [...flowGraph(disassembler, entry).instructions.values()].filter(isNoFrame);
  const [load, end] = instructions.slice(-2);
  const [to, from] = load?.operands ?? [];
  const returnsLoad = load?.mnemonic === 'mov' && to?.kind === 'register' && to.register === 'rax';
  if (!returnsLoad || from?.kind !== 'memory' || end?.flow !== 'return') {
    throw unproven(disassembler, SYMBOL, 'it does not end with the load of the pointer to the heap');
  }
  if (storage !== null) return inThreadBlock(disassembler, entry, load.address, storage);
  if (from.address === undefined || instructions.length > 2) {
    throw unproven(disassembler, SYMBOL, 'it is not one load of alloc_globals');
  }
  return { address: from.address, sizeBytes: POINTER_BYTES };
}

/** Without what every function may begin and end with. */
function isNoFrame({ mnemonic, operands: [to, from] }: Instruction): boolean {
  if (mnemonic === 'endbr64') return false;
  if ((mnemonic === 'push' || mnemonic === 'pop') && to?.kind === 'register') return to.register !== 'rbp';
  const copies = mnemonic === 'mov' && to?.kind === 'register' && from?.kind === 'register';
  return !(copies && to.register === 'rbp' && from.register === 'rsp');
}

function inThreadBlock(
  disassembler: Disassembler,
  entry: number,
  load: number,
  storage: ThreadStorage,
): { offsetAt: number } {
  const read = loadChains(disassembler, entry, [], storage).accesses.find(({ address }) => address === load);
  const offsetAt = read?.path.length === 1 && read.path[0] === 0 ? offsetWordOf(read.root) : undefined;
  if (offsetAt === undefined) throw unproven(disassembler, SYMBOL, "it does not load from the thread's block");
  return { offsetAt };
}
