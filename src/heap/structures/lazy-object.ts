import { EDGE, INTERNAL, internalEdge } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import { executorGlobals } from '../engine-globals.js';
import { NODE_KIND } from '../heap-graph.js';
import type { MemoryImage } from '../image.js';
import { elementsOf, forEachElement } from './hash-table.js';
import { visitZval } from './zval.js';

/**
 * zend_lazy_object_info (Zend/zend_lazy_objects.c, 8.4 and 8.5), in bytes: object and closure of the zend_fcall_info_cache
 * that initializes, the same as a zval, flags. Once a proxy is initialized the real object stands at the beginning.
 */
const INSTANCE = 0;
const BOUND_OBJECT = 24;
const CLOSURE = 32;
const INITIALIZER = 40;
const FLAGS = 56;
/** ZEND_LAZY_OBJECT_INITIALIZED (Zend/zend_lazy_objects.h). */
const INITIALIZED = 4;

/** Address of EG(lazy_objects_store).infos; undefined where the version has no lazy objects. */
function lazyObjectTable(image: MemoryImage): number | undefined {
  const { lazyObjects } = image.header.structures.eg;
  return lazyObjects === null ? undefined : executorGlobals(image) + lazyObjects;
}

/** Address of the elements of the table of lazy objects, which holds nothing: 0 where there are none. */
export function lazyObjectElements(image: MemoryImage): number {
  const at = image.at(lazyObjectTable(image) ?? 0);
  if (at < 0) return 0;
  const { first, count } = elementsOf(image, at);
  return count === 0 ? 0 : image.addressOfWord(first);
}

/** Where the engine keeps what initializes an object, or stands behind it: address by the object's handle. */
export function readLazyObjects(image: MemoryImage): ReadonlyMap<number, number> {
  const infos = new Map<number, number>();
  const at = image.at(lazyObjectTable(image) ?? 0);
  if (at < 0) return infos;
  forEachElement(image, at, (element, _, handle) => infos.set(handle, image.pointerAt(element)));
  return infos;
}

/** Tells the sink of what a lazy object holds besides its properties. */
export function visitLazyObject(image: MemoryImage, info: number, sink: EdgeSink): void {
  const at = image.at(info);
  if (at < 0) return;
  internalEdge(sink, info, NODE_KIND.internal, INTERNAL['(content)']);
  const object = (offset: number, name: number): void => {
    internalEdge(sink, image.pointer(info + offset), NODE_KIND.object, name);
  };
  if ((image.uint8(info + FLAGS) & INITIALIZED) !== 0) {
    object(INSTANCE, INTERNAL['(instance)']);
    return;
  }
  visitZval(image, at + INITIALIZER / 4, sink, EDGE.internal, INTERNAL['(initializer)']);
  object(CLOSURE, INTERNAL['(initializer)']);
  object(BOUND_OBJECT, INTERNAL['(initializer)']);
}
