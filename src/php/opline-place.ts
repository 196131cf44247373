import { PhptraceError } from '../errors.js';
import { requiredSymbol } from './code-image.js';
import { flowGraph } from './control-flow.js';
import type { Disassembler } from './disassembly.js';
import { GLOBALS } from './engine-code.js';
import { loadChains } from './load-chains.js';
import type { IndirectSite, Pointer } from './load-chains.js';
import { placeOfGlobal } from './thread-storage.js';
import type { ThreadStorage } from './thread-storage.js';

/**
 * Where a build's VM has the opline that runs. `registers`: in r15, with its frame in r14, all through the VM, by GCC's
 * global register variables. `frame`: in the frame alone, which every handler is handed as its argument.
 */
export type OplinePlace = 'registers' | 'frame';

/** ZEND_VM_KIND_* (Zend/zend_vm_opcodes.h): labels of execute_ex, or functions that it calls in a loop. */
const HYBRID = 4;
const CALL = 1;

/**
 * Tells it from the code of `execute_ex` that hands control to the handlers of oplines.
 *
 * @param offset of `opline` in zend_execute_data
 * @throws PhptraceError where that code does it in another way, as CALL from PHP 8.5 on and TAILCALL do
 */
export function findOplinePlace(
  disassembler: Disassembler,
  storage: ThreadStorage | null,
  offset: number,
): OplinePlace {
  const { image } = disassembler;
  const kind = vmKind(disassembler);
  const globals = placeOfGlobal(image, GLOBALS);
  const roots = globals === undefined ? [] : [{ root: GLOBALS, ...globals }];
  const { indirect } = loadChains(disassembler, requiredSymbol(image, 'execute_ex').address, roots, storage);
  const jumps = indirect.filter(({ instruction }) => instruction.flow === 'other-jump');
  if (kind === HYBRID && jumps.some((jump) => leavesBoth(jump, offset))) return 'registers';
  const calls = indirect.length - jumps.length;
  if (kind === CALL && calls > 0 && indirect.every((call) => passesFrame(call, offset))) return 'frame';
  throw new PhptraceError(
    `${image.name}: its VM (kind ${String(kind)}) does not keep the current opline in the frame or in r15, where it ` +
      'could be read: use a PHP that GCC has built with its global registers',
  );
}

/** What `zend_vm_kind` returns; undefined where that is not one constant. */
function vmKind(disassembler: Disassembler): number | undefined {
  const entry = requiredSymbol(disassembler.image, 'zend_vm_kind').address;
  const constants = [...flowGraph(disassembler, entry).instructions.values()].flatMap(({ operands: [to, from] }) => {
    return to?.kind === 'register' && to.register === 'rax' && from?.kind === 'immediate' ? [from.value] : [];
  });
  return constants.length === 1 ? constants[0] : undefined;
}

/** With the frame in r14 and its opline in r15. */
function leavesBoth({ registers }: IndirectSite, offset: number): boolean {
  const [frame, opline] = [registers.get('r14'), registers.get('r15')];
  return frame !== undefined && opline !== undefined && isWordOf(opline, frame, offset);
}

/** To the handler of the opline that was read from the very frame that is the argument, and not kept from before. */
function passesFrame({ instruction, registers }: IndirectSite, offset: number): boolean {
  const [to] = instruction.operands;
  const frame = registers.get('rdi');
  if (instruction.flow !== 'other-call' || frame === undefined) return false;
  if (to?.kind !== 'memory' || to.base === undefined || to.index !== undefined || to.displacement !== 0) return false;
  const opline = registers.get(to.base);
  return opline !== undefined && isWordOf(opline, frame, offset);
}

/** Whether this is what stands at an offset in the structure that `owner` points to. */
function isWordOf(value: Pointer, owner: Pointer, offset: number): boolean {
  const path = [...owner.path, owner.offset + offset];
  return value.root === owner.root && value.offset === 0 && value.path.join() === path.join();
}
