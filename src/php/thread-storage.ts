import { PhptraceError } from '../errors.js';
import type { CodeImage, CodeSymbol } from './code-image.js';
import type { Disassembler, Instruction, MemoryOperand } from './disassembly.js';

/**
 * How a thread-safe build (ZTS) finds its globals (TSRM/TSRM.c, TSRM/TSRM.h): relative to the thread pointer lies a
 * word, `_tsrm_ls_cache`, that points to the thread's block. A structure of globals lies in the block at an offset that
 * a word of the binary's data tells once PHP has started.
 */
export type ThreadStorage =
  /** What is added to the thread pointer (fs) to get the address of the word. */
  | { readonly cacheOffset: number }
  /** Address in the ELF file of the linkage slot in which the dynamic linker puts that offset. */
  | { readonly cacheSlot: number };

/** Where a structure of globals is: at an address of the ELF file, or in the thread's block. */
export type GlobalPlace =
  | { readonly address: number; readonly sizeBytes: number }
  /** `offsetAt` is the address in the ELF file of the word that holds its offset in the block. */
  | { readonly offsetAt: number };

/** Where the exported structure of this name is, in any build; undefined where the binary does not say. */
export function placeOfGlobal(image: CodeImage, name: string): GlobalPlace | undefined {
  const symbol: CodeSymbol | undefined = image.symbol(name);
  if (symbol !== undefined) return symbol;
  const offset = image.symbol(`${name}_offset`);
  return offset === undefined ? undefined : { offsetAt: offset.address };
}

/**
 * The storage of a thread-safe build, null for any other: `tsrm_get_ls_cache_tcb_offset` returns the word's offset, for
 * PHP's own JIT compiler to use.
 *
 * @throws PhptraceError where a thread-safe build does not show it.
 */
export function findThreadStorage(disassembler: Disassembler): ThreadStorage | null {
  const { image } = disassembler;
  if (image.symbol('executor_globals') !== undefined || image.symbol('executor_globals_offset') === undefined) {
    return null;
  }
  const symbol = image.symbol('tsrm_get_ls_cache_tcb_offset');
  if (symbol === undefined) throw unknownStorage(image, 'tsrm_get_ls_cache_tcb_offset is missing');
  const load = firstOf(disassembler, symbol.address);
  const [to, from] = load.operands;
  const returns = disassembler.at(load.next).flow === 'return';
  if (!returns || load.mnemonic !== 'mov' || to?.kind !== 'register' || to.register !== 'rax') {
    throw unknownStorage(image, 'tsrm_get_ls_cache_tcb_offset does not return it');
  }
  if (from?.kind === 'immediate' && from.value < 0) return { cacheOffset: from.value };
  if (from?.kind === 'memory' && from.address !== undefined) return { cacheSlot: from.address };
  throw unknownStorage(image, 'tsrm_get_ls_cache_tcb_offset returns something else');
}

/** Whether a memory operand is the word that points to the thread's block; `holdsOffset` tells of its base register. */
export function isCacheWord(operand: MemoryOperand, storage: ThreadStorage, holdsOffset: boolean): boolean {
  if (operand.isThreads !== true || operand.index !== undefined || operand.sizeBytes !== 8) return false;
  if (operand.base !== undefined) return holdsOffset && operand.displacement === 0;
  return 'cacheOffset' in storage && operand.displacement === storage.cacheOffset;
}

/** Whether an instruction loads that word's offset into its first operand. */
export function loadsCacheOffset({ mnemonic, operands: [, from] }: Instruction, storage: ThreadStorage): boolean {
  if (mnemonic !== 'mov' || from === undefined) return false;
  if ('cacheOffset' in storage) return from.kind === 'immediate' && from.value === storage.cacheOffset;
  return from.kind === 'memory' && from.address === storage.cacheSlot && from.sizeBytes === 8;
}

function firstOf(disassembler: Disassembler, address: number): Instruction {
  const first = disassembler.at(address);
  return first.mnemonic === 'endbr64' ? disassembler.at(first.next) : first;
}

function unknownStorage(image: CodeImage, why: string): PhptraceError {
  return new PhptraceError(
    `${image.name} is a thread-safe (ZTS) build of PHP whose threads' storage cannot be found: ${why}: use a ` +
      'build that is not thread-safe, or a PHP of 8.0 or later for glibc',
  );
}
