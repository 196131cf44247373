import { EDGE, INTERNAL, doubtOf } from '../edge-sink.js';
import type { HeapView } from '../heap-view.js';
import { internalFunctionName } from '../structures/functions.js';
import { framesFrom, visitTemporaries, visitVariables } from '../structures/frame.js';
import type { ImageFrame } from '../structures/frame.js';
import { readName } from '../structures/strings.js';
import { scanWords } from '../structures/scan.js';
import { executorGlobals } from '../engine-globals.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';

/** `local $v of Foo::run() at file:line`, of every function that is under way, also in coroutines that wait. */
export function addStackVariables(view: HeapView, roots: RootList): void {
  const { image } = view;
  for (const { frame, where } of frames(view)) {
    const sink = roots.sink(ROOT_RANK.variable, (named, name) => {
      if (named === EDGE.variable) return `local $${readName(image, name) ?? '?'} of ${where}`;
      return name === INTERNAL.$this ? `$this of ${where}` : undefined;
    });
    visitVariables(image, frame, sink);
  }
}

/** What these functions are working on: arguments and temporaries. */
export function addTemporaries(view: HeapView, roots: RootList): void {
  for (const { frame, where } of frames(view)) {
    const argument = roots.sink(ROOT_RANK.argument, (_, name) => `${WORDS[name] ?? 'argument'} of ${where}`);
    const temporary = roots.sink(ROOT_RANK.temporary, () => `temporary of ${where}`);
    visitTemporaries(view.image, frame, {
      edge: (low, high, expected, named, name) => {
        const sink = doubtOf(expected, named, name) === 0 ? argument : temporary;
        sink.edge(low, high, expected, named, name);
      },
    });
  }
}

/** What the library of a coroutine that waits keeps of it besides: its context object, its deferred calls. */
export function addCoroutineContexts({ image, suspendedStacks }: HeapView, roots: RootList): void {
  const sink = roots.sink(ROOT_RANK.variable, () => 'context of a coroutine');
  for (const { context, executeData } of suspendedStacks) {
    const bottom = [...framesFrom(image, executeData)].at(-1)?.executeData ?? 0;
    const [first, end] = [image.at(context), image.at(bottom)];
    if (context !== 0 && first >= 0 && end > first) scanWords(image, first, end, sink);
  }
}

const WORDS: Readonly<Record<number, string>> = {
  [INTERNAL.$this]: '$this',
  [INTERNAL['(code)']]: 'code',
};

interface NamedFrame {
  readonly frame: ImageFrame;
  readonly where: string;
}

/**
 * Those of the stack that runs, then of those that wait, of which the outermost come first: in coroutines these are the
 * functions that go on from job to job, and mostly what keeps something.
 */
function* frames(view: HeapView): Generator<NamedFrame> {
  const { image, suspendedStacks } = view;
  const { currentExecuteData } = image.header.engine.eg;
  const innermost = image.pointer(executorGlobals(image) + currentExecuteData);
  for (const frame of framesFrom(image, innermost)) yield { frame, where: whereabouts(view, frame) };
  for (const { isMain, executeData } of suspendedStacks) {
    const suffix = isMain ? '' : ' in a coroutine';
    for (const frame of [...framesFrom(image, executeData)].reverse()) {
      yield { frame, where: `${whereabouts(view, frame)}${suffix}` };
    }
  }
}

/** Functions by where they are declared: that stays, while the line that runs changes from one copy to the next. */
function whereabouts({ image }: HeapView, { func, funcAddress }: ImageFrame): string {
  if (func === undefined) return `${internalFunctionName(image, funcAddress) ?? 'a call'}()`;
  return `${func.name}${func.isFunction ? '()' : ''} at ${func.file}:${String(func.line)}`;
}
