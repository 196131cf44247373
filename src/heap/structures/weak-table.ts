import { INTERNAL, internalEdge } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import { executorGlobals } from '../engine-globals.js';
import { NODE_KIND } from '../heap-graph.js';
import type { MemoryImage } from '../image.js';
import { forEachElement, visitData } from './hash-table.js';

/**
 * Low bits of an element of EG(weakrefs) whose object several refer to (Zend/zend_weakrefs.c: ZEND_WEAKREF_TAG_HT). 3 is a
 * table of an extension's (ZEND_WEAKREF_TAG_BARE_HT).
 */
const SEVERAL = 2;
const TAG_BITS = 4;

/** Address of EG(weakrefs): by an object's address, shifted as a WeakMap's key, who refers to it weakly. */
export function weakReferences(image: MemoryImage): number {
  return executorGlobals(image) + image.header.structures.eg.weakrefs;
}

/**
 * By the address of an object that several refer to weakly: the address of the table that lists them. It is made for the
 * object and goes with it, and holds none of what it lists.
 */
export function readWeakTables(image: MemoryImage): ReadonlyMap<number, number> {
  const tables = new Map<number, number>();
  const keyShift = image.header.structures.weakMap?.keyShift ?? 0;
  const at = image.at(weakReferences(image));
  if (at < 0) return tables;
  forEachElement(image, at, (element, _, place) => {
    const tagged = image.pointerAt(element);
    if (tagged % TAG_BITS === SEVERAL) tables.set(place * 2 ** keyShift, tagged - SEVERAL);
  });
  return tables;
}

/** Tells the sink of such a table. */
export function visitWeakTable(image: MemoryImage, table: number, sink: EdgeSink): void {
  const at = image.at(table);
  if (at < 0) return;
  internalEdge(sink, table, NODE_KIND.internal, INTERNAL['(content)']);
  visitData(image, at, sink);
}
