import { basename } from 'node:path';
import { ownsOpline, readFunction, readStack } from '../php/frames.js';
import type { Frame, FunctionInfo } from '../php/frames.js';
import { loopStatements, readOplines } from '../php/oplines.js';
import type { Boundary } from './placed-hook.js';
import type { Target } from './target.js';

/** A function that is never left is on the stack at each look; the process runs, so many looks see a torn stack. */
const LOOK_MS = 100;
const WHOLE_LOOKS = 20;

/** The call of a hook's function in which a running process stands. */
export interface StandingCall {
  /** The outermost loop statement that it turns in, as `--loop` takes it: `worker.php:12`. */
  readonly turn: string | undefined;
}

/** Looks whether a function is on the stack of a process, which goes on running. Undefined where it was not seen there. */
export function standingCall(target: Target, boundary: Boundary): StandingCall | undefined {
  if (boundary.kind !== 'opline') return undefined;
  const { memory, layout, executorGlobals } = target.engine;
  let looks = 0;
  for (const end = performance.now() + LOOK_MS; looks < WHOLE_LOOKS && performance.now() < end;) {
    const stack = readStack(memory, layout, executorGlobals);
    if (stack === undefined) continue;
    looks++;
    for (const frame of stack) {
      const call = callIn(target, frame, boundary.opline);
      if (call) return call;
    }
  }
  return undefined;
}

function callIn({ engine: { memory, layout } }: Target, frame: Frame, entry: number): StandingCall | undefined {
  if (frame.internal) return undefined;
  try {
    const func = readFunction(memory, layout, frame.func);
    if (!ownsOpline(layout, func, entry) || !ownsOpline(layout, func, frame.opline)) return undefined;
    return { turn: turnAround(readOplines(memory, layout, func), func, frame.opline) };
  } catch {
    // It was left while we looked.
    return undefined;
  }
}

function turnAround(oplines: ReturnType<typeof readOplines>, { file }: FunctionInfo, at: number): string | undefined {
  const [outermost] = loopStatements(oplines)
    .filter(({ first, last }) => at >= first && at <= last)
    .sort((a, b) => b.last - b.first - (a.last - a.first));
  const head = oplines.find(({ address }) => address === outermost?.first);
  return head && file !== null ? `${basename(file)}:${String(head.line)}` : undefined;
}
