import { EDGE, INTERNAL, doubtOf } from '../edge-sink.js';
import type { HeapView } from '../heap-view.js';
import { internalFunctionName } from '../structures/functions.js';
import { framesFrom, visitTemporaries, visitVariables } from '../structures/frame.js';
import type { ImageFrame } from '../structures/frame.js';
import { readName } from '../structures/strings.js';
import { executorGlobals } from './engine-globals.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';

/** `local $v of Foo::run() at file:line`, of every function that is under way. */
export function addStackVariables(view: HeapView, roots: RootList): void {
  const { image } = view;
  for (const frame of frames(view)) {
    const where = whereabouts(view, frame);
    const sink = roots.sink(ROOT_RANK.variable, (named, name) => {
      if (named === EDGE.variable) return `local $${readName(image, name) ?? '?'} of ${where}`;
      return name === INTERNAL.$this ? `$this of ${where}` : undefined;
    });
    visitVariables(image, frame, sink);
  }
}

/** What these functions are working on: arguments and temporaries. */
export function addTemporaries(view: HeapView, roots: RootList): void {
  for (const frame of frames(view)) {
    const where = whereabouts(view, frame);
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

const WORDS: Readonly<Record<number, string>> = {
  [INTERNAL.$this]: '$this',
  [INTERNAL['(code)']]: 'code',
};

function frames({ image }: HeapView): Iterable<ImageFrame> {
  const { currentExecuteData } = image.header.engine.eg;
  return framesFrom(image, image.pointer(executorGlobals(image) + currentExecuteData));
}

/** Functions by where they are declared: that stays, while the line that runs changes from one copy to the next. */
function whereabouts({ image }: HeapView, { func, funcAddress }: ImageFrame): string {
  if (func === undefined) return `${internalFunctionName(image, funcAddress) ?? 'a call'}()`;
  return `${func.name}${func.isFunction ? '()' : ''} at ${func.file}:${String(func.line)}`;
}
