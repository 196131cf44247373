import { EDGE, INTERNAL, internalEdge } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import type { MemoryImage } from '../image.js';
import { forEachElement } from './hash-table.js';
import { readMapPointer } from './map-pointer.js';
import { NODE_KIND } from '../heap-graph.js';
import { visitZval } from './zval.js';

const USER_FUNCTION = 2;

/** Tells the sink of a closure's `$this` and of the variables that it is bound to, `static` ones too. */
export function visitClosure(image: MemoryImage, at: number, sink: EdgeSink): void {
  const { closure, opArray } = image.header.structures;
  visitZval(image, at + closure.thisPtr / 4, sink, EDGE.internal, INTERNAL.$this);
  const func = image.addressOfWord(at) + closure.func;
  if (image.uint8(func) === USER_FUNCTION) visitStatics(image, func + opArray.staticVariablesPtr, sink);
}

/** The static variables of a function, through the map pointer at an address. */
export function visitStatics(image: MemoryImage, mapPointer: number, sink: EdgeSink): void {
  const table = readMapPointer(image, mapPointer);
  const at = image.at(table);
  if (table === 0 || at < 0) return;
  forEachElement(image, at, (element, key) => {
    visitZval(image, element, sink, EDGE.variable, key);
  });
  internalEdge(sink, table, NODE_KIND.array, INTERNAL['(content)']);
}
