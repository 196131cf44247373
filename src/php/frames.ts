import type { EngineLayout } from './engine-layout.js';
import { pointerAt } from './memory.js';
import type { ProcessMemory } from './memory.js';

/** Longest chain of frames that is followed; what is deeper is not needed to choose a loop. */
const MAX_FRAMES = 512;
/** execute_data is this long, whatever the version (Zend/zend_compile.h); variables follow it. */
const FRAME_BYTES = 56;
const INTERNAL_FUNCTION = 1;
const MAX_NAME_BYTES = 4096;
/** ZEND_ACC_DONE_PASS_TWO, from 7.4 to 8.5 (Zend/zend_compile.h). */
const DONE_PASS_TWO = 1 << 25;

/** One frame of PHP's call stack. */
export interface Frame {
  readonly executeData: number;
  /** The function's record, 0 where the frame has none. */
  readonly func: number;
  readonly opline: number;
  readonly internal: boolean;
}

/** A function of PHP code, or of an extension (then without file and oplines). */
export interface FunctionInfo {
  readonly func: number;
  readonly name: string | null;
  readonly className: string | null;
  readonly file: string | null;
  readonly lineStart: number;
  /** Its oplines have their final place. While PHP still compiles it, it is in PHP's tables and its oplines move. */
  readonly isCompiled: boolean;
  readonly opcodes: number;
  readonly oplines: number;
}

/** Whether an opline is one of a function's. A frame that was torn while it was read has one that is not. */
export function ownsOpline(layout: EngineLayout, { opcodes, oplines }: FunctionInfo, opline: number): boolean {
  return opline >= opcodes && opline < opcodes + oplines * layout.zendOp.sizeBytes;
}

/**
 * The call stack, innermost first, as it stands at this moment. The result is undefined where it changed
 * under the hand: it did not end, could not be followed, or its innermost frame was left meanwhile.
 */
export function readStack(memory: ProcessMemory, layout: EngineLayout, executorGlobals: number): Frame[] | undefined {
  const frames: Frame[] = [];
  try {
    const innermost = memory.pointer(executorGlobals + layout.eg.currentExecuteData);
    let at = innermost;
    while (at !== 0) {
      if (frames.length >= MAX_FRAMES) return undefined;
      const view = memory.read(at, FRAME_BYTES);
      const func = pointerAt(view, layout.executeData.func);
      frames.push({
        executeData: at,
        func,
        opline: pointerAt(view, layout.executeData.opline),
        internal: func === 0 || memory.uint8(func) === INTERNAL_FUNCTION,
      });
      at = pointerAt(view, layout.executeData.prev);
    }
    return memory.pointer(executorGlobals + layout.eg.currentExecuteData) === innermost ? frames : undefined;
  } catch {
    return undefined;
  }
}

/** What a function's record says. @throws UnreadableMemory where it is none (any more) */
export function readFunction(memory: ProcessMemory, layout: EngineLayout, func: number): FunctionInfo {
  const internal = memory.uint8(func) === INTERNAL_FUNCTION;
  const scope = memory.pointer(func + layout.func.scope);
  // Before the oplines are looked at: the process may compile it at this moment.
  const isCompiled = !internal && (memory.uint32(func + layout.func.fnFlags) & DONE_PASS_TWO) !== 0;
  return {
    func,
    name: readString(memory, layout, memory.pointer(func + layout.func.functionName)),
    className: scope === 0 ? null : readString(memory, layout, memory.pointer(scope + layout.classEntry.name)),
    file: internal ? null : readString(memory, layout, memory.pointer(func + layout.opArray.filename)),
    lineStart: internal ? 0 : memory.uint32(func + layout.opArray.lineStart),
    isCompiled,
    opcodes: internal ? 0 : memory.pointer(func + layout.opArray.opcodes),
    oplines: internal ? 0 : memory.uint32(func + layout.opArray.last),
  };
}

/** A zend_string's text; null for a NULL pointer. @throws UnreadableMemory */
export function readString(memory: ProcessMemory, layout: EngineLayout, address: number): string | null {
  if (address === 0) return null;
  const length = memory.pointer(address + layout.zendString.len);
  const view = memory.read(address + layout.zendString.val, Math.min(length, MAX_NAME_BYTES));
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString();
}

/** `Foo::bar`, `foo`, `{closure}`, `{main}` for code outside any function. */
export function displayName(name: string | null, className: string | null): string {
  // 8.4 and later number closures by the place where they stand: `{closure:/app/worker.php:12}`.
  const short = name?.startsWith('{closure') === true ? '{closure}' : name;
  if (short === null) return '{main}';
  // An anonymous class is named `class@anonymous`, NUL, and where it stands.
  return className === null ? short : `${className.replace(/\0[^]*/, '')}::${short}`;
}
