import { pointerAt } from '../php/memory.js';
import { processState } from '../php/process.js';
import { ownsOpline, readFunction, readStack } from '../php/frames.js';
import type { Frame } from '../php/frames.js';
import type { Boundary } from './placed-hook.js';
import { readHeap } from './target.js';
import type { Target } from './target.js';

/** The call of a hook's function in which a stopped process stands. */
export interface CallUnderWay {
  /** execute_data of the frame that is the loop's. */
  readonly frame: number;
  readonly func: number;
  /** The page of the VM stack that holds the frame, 0 where it lies elsewhere (a generator's). */
  readonly vmStackPage: number;
  readonly heapSize: number;
}

const STOP_MS = 50;

/**
 * Finds the call of the hooked code that is under way. Undefined where there is none, or where the process runs: then
 * nothing can be said of this moment.
 */
export function callUnderWay(target: Target, boundary: Boundary): CallUnderWay | undefined {
  const { engine, process } = target;
  if (boundary.kind !== 'opline' || !isStopped(process.pid)) return undefined;
  const stack = readStack(engine.memory, engine.layout, engine.executorGlobals) ?? [];
  const found = stack.findIndex((frame) => isCallOf(target, frame, boundary.opline));
  const frame = stack[boundary.extent === 'caller' ? found + 1 : found];
  const heap = readHeap(target);
  if (found < 0 || !frame || !heap) return undefined;
  return { frame: frame.executeData, func: frame.func, vmStackPage: pageOf(target, frame), heapSize: heap.sizeBytes };
}

/** The stop was asked for by a kernel program a moment ago. */
function isStopped(pid: number): boolean {
  for (const until = performance.now() + STOP_MS; performance.now() < until;) {
    if (processState(pid) === 'T') return true;
  }
  return false;
}

function isCallOf({ engine: { memory, layout } }: Target, { internal, func }: Frame, opline: number): boolean {
  return !internal && ownsOpline(layout, readFunction(memory, layout, func), opline);
}

function pageOf({ engine }: Target, { executeData }: Frame): number {
  const { eg } = engine.layout;
  const view = engine.memory.read(engine.executorGlobals + eg.vmStackTop, eg.vmStack + 8 - eg.vmStackTop);
  const page = pointerAt(view, eg.vmStack - eg.vmStackTop);
  const end = pointerAt(view, eg.vmStackEnd - eg.vmStackTop);
  return executeData >= page && executeData < end ? page : 0;
}
