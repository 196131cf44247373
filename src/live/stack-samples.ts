import { setImmediate as yieldTurn } from 'node:timers/promises';
import { ownsOpline, readFunction, readStack } from '../php/frames.js';
import type { Frame, FunctionInfo } from '../php/frames.js';
import type { Engine } from '../php/functions.js';

/** Long enough to meet a function that takes a hundredth of the time, short enough not to be felt. */
const SAMPLE_MS = 400;
const BURST_MS = 4;
/** Functions further in are called again and again by those of these depths. */
const DEEPEST = 12;

/** A function met at some depth of the stack. */
export interface Candidate {
  readonly func: FunctionInfo;
  readonly samples: number;
}

/** What was on a process's stack while we looked. Frames of PHP code only, depth 0 is the outermost. */
export interface StackSamples {
  readonly count: number;
  /** For each depth the functions met there, the commonest first. */
  readonly levels: readonly (readonly Candidate[])[];
  /** Where the functions at a depth were, as addresses of oplines, by the function's record of oplines. */
  oplinesAt(depth: number, opcodes: number): readonly number[];
}

/** Looks at the stack again and again, from outside, without a stop. */
export async function sampleStacks(engine: Engine, signal: AbortSignal): Promise<StackSamples> {
  const functions = new Map<number, FunctionInfo | undefined>();
  const levels: Map<number, { func: FunctionInfo; samples: number; oplines: Set<number> }>[] = [];
  let count = 0;
  const take = (frames: readonly Frame[]): void => {
    if (frames.length > 0) count++;
    for (const [depth, frame] of frames.entries()) {
      if (!functions.has(frame.func)) functions.set(frame.func, tryReadFunction(engine, frame.func));
      const func = functions.get(frame.func);
      if (!func || !ownsOpline(engine.layout, func, frame.opline)) continue;
      const level = (levels[depth] ??= new Map<
        number,
        { func: FunctionInfo; samples: number; oplines: Set<number> }
      >());
      const candidate = level.get(func.opcodes) ?? { func, samples: 0, oplines: new Set() };
      candidate.samples++;
      candidate.oplines.add(frame.opline);
      level.set(func.opcodes, candidate);
    }
  };
  for (const end = performance.now() + SAMPLE_MS; performance.now() < end && !signal.aborted;) {
    for (const burst = performance.now() + BURST_MS; performance.now() < burst;) {
      const stack = readStack(engine.memory, engine.layout, engine.executorGlobals);
      if (stack) take(stack.filter(({ internal }) => !internal).reverse());
    }
    await yieldTurn();
  }
  return {
    count,
    levels: levels.slice(0, DEEPEST).map((level) => {
      const candidates = [...level.values()].sort((a, b) => b.samples - a.samples);
      return candidates.filter(({ func, samples }) => levels.every((other) => seenIn(other, func) <= samples));
    }),
    oplinesAt: (depth, opcodes) => [...(levels[depth]?.get(opcodes)?.oplines ?? [])],
  };
}

/**
 * The process runs while its stack is read: now and then a frame seems to be at a depth where it is not. It is where it
 * is seen most.
 */
function seenIn(level: ReadonlyMap<number, { samples: number }> | undefined, { opcodes }: FunctionInfo): number {
  return level?.get(opcodes)?.samples ?? 0;
}

function tryReadFunction(engine: Engine, func: number): FunctionInfo | undefined {
  try {
    return readFunction(engine.memory, engine.layout, func);
  } catch {
    return undefined;
  }
}
