import { demand, hex } from './contradiction.js';
import type { NamedLook } from './contradiction.js';
import { pointerAt } from './memory.js';
import type { StructureMemory } from './structure-memory.js';

/** Zend/zend_types.h: zend_object. */
const OBJECT_CLASS = 16;
const IS_OBJECT = 8;
const MAX_FRAMES = 4096;
/** Objects of one kind that are looked at, and how many of all kinds for their sake: a read takes 2 us or so. */
const SAMPLE = 100;
const MOST_HANDLES = 1000;

export const OBJECT_CHECKS: readonly NamedLook[] = [
  ['closures', closures],
  ['generators', generators],
  ['fibers', fibers],
  ['weak maps', weakMaps],
];

/** Each has a function, and an object or nothing as its $this. */
function closures(memory: StructureMemory): string {
  const { closure } = memory.structures;
  const { opArray, classEntry } = memory.engine.layout;
  const found = objectsOf(memory, 'Closure');
  for (const object of found) {
    const type = memory.uint8(object + closure.func);
    demand(type === 1 || type === 2, () => `the function of the one at ${hex(object)} is of type ${String(type)}`);
    if (type === 2) {
      const file = memory.string(memory.pointer(object + closure.func + opArray.filename));
      demand(file !== undefined && file !== '', () => `the function of the one at ${hex(object)} has no file`);
    }
    const bound = memory.zvalType(object + closure.thisPtr);
    demand(bound === 0 || bound === IS_OBJECT, () => `$this of the one at ${hex(object)} is of type ${String(bound)}`);
    const scope = memory.pointer(object + closure.calledScope);
    const name = scope === 0 ? '' : memory.string(memory.pointer(scope + classEntry.name));
    demand(name !== undefined, () => `the one at ${hex(object)} is called in a class without a name`);
  }
  return said(found.length, 'have a function each');
}

/** The frame of one that is suspended gives its generator as the place for the value it returns. */
function generators(memory: StructureMemory): string {
  const { generator } = memory.structures;
  const { returnValue } = memory.engine.layout.executeData;
  const found = objectsOf(memory, 'Generator');
  let suspended = 0;
  for (const object of found) {
    const frame = memory.pointer(object + generator.executeData);
    for (const field of [generator.value, generator.key, generator.retval, generator.values]) {
      const type = memory.zvalType(object + field);
      demand(type <= 10, () => `a value of the one at ${hex(object)} is of type ${String(type)}`);
    }
    if (frame === 0) continue;
    suspended++;
    const owner = memory.pointer(frame + returnValue);
    demand(owner === object, () => `the frame of the one at ${hex(object)} belongs to ${hex(owner)}`);
  }
  return said(found.length, `have values, ${String(suspended)} have a frame that names its generator`);
}

/** From the innermost frame of one that is suspended, the frames lead to the one at the bottom. */
function fibers(memory: StructureMemory): string {
  const { eg, fiber } = memory.structures;
  if (fiber === null || eg.activeFiber === null) return 'this PHP has none';
  const active = memory.pointer(memory.eg(eg.activeFiber));
  // At once, for it may end soon.
  demand(
    active === 0 || memory.pointer(active + OBJECT_CLASS) === classEntryOf(memory, 'Fiber'),
    () => `the active one, ${hex(active)}, is none`,
  );
  const found = objectsOf(memory, 'Fiber');
  let suspended = 0;
  for (const object of found) {
    const [callable, result] = [fiber.callable, fiber.result].map((field) => memory.zvalType(object + field)) as [
      number,
      number,
    ];
    demand(callable <= IS_OBJECT && result <= 10, () => {
      return `the one at ${hex(object)} has a callable of type ${String(callable)}, a result of type ${String(result)}`;
    });
    const [innermost, bottom] = [fiber.executeData, fiber.stackBottom].map((field) =>
      memory.pointer(object + field),
    ) as [number, number];
    if (innermost === 0 || object === active) continue;
    const type = memory.uint8(memory.pointer(innermost + memory.engine.layout.executeData.func));
    demand(type === 1 || type === 2, () => `the function of the frame at ${hex(innermost)} is of type ${String(type)}`);
    demand(reaches(memory, innermost, bottom), () => {
      return `the frames of the one at ${hex(object)} do not lead from ${hex(innermost)} to ${hex(bottom)}`;
    });
    suspended++;
  }
  return said(found.length, `are fibers, the frames of ${String(suspended)} lead to their bottom`);
}

function reaches(memory: StructureMemory, frame: number, bottom: number): boolean {
  const { prev } = memory.engine.layout.executeData;
  let at = frame;
  for (let count = 0; at !== 0 && count < MAX_FRAMES; count++) {
    if (at === bottom) return true;
    at = memory.pointer(at + prev);
  }
  return false;
}

/** The table lies before the object. */
function weakMaps(memory: StructureMemory): string {
  const { weakMap } = memory.structures;
  if (weakMap === null) return 'this PHP has none';
  const found = objectsOf(memory, 'WeakMap');
  for (const object of found) {
    const table = object - weakMap.std + weakMap.table;
    demand(memory.isTable(table), () => `the one at ${hex(object)} has no hash table at ${hex(table)}`);
  }
  return said(found.length, 'have a hash table each');
}

function said(count: number, what: string): string {
  return count === 0 ? 'there are none yet' : `${String(count)} looked at ${what}`;
}

/** Those of a final class of the engine's among the newest objects. */
function objectsOf(memory: StructureMemory, className: string): number[] {
  const store = memory.eg(memory.structures.eg.objectsStore);
  const classEntry = classEntryOf(memory, className);
  const top = memory.uint32(store + 8);
  const first = Math.max(1, top - MOST_HANDLES);
  if (classEntry === 0 || top <= first) return [];
  const buckets = memory.engine.memory.read(memory.pointer(store) + 8 * first, 8 * (top - first));
  const objects: number[] = [];
  for (let at = buckets.byteLength - 8; at >= 0 && objects.length < SAMPLE; at -= 8) {
    // The low bit marks a free bucket.
    if ((buckets.getUint8(at) & 1) === 1) continue;
    const object = pointerAt(buckets, at);
    if (object !== 0 && memory.pointer(object + OBJECT_CLASS) === classEntry) objects.push(object);
  }
  return objects;
}

/** 0 where there is no such class. */
function classEntryOf(memory: StructureMemory, className: string): number {
  const table = memory.pointer(memory.eg(memory.engine.layout.eg.classTable));
  return memory.find(table, className.toLowerCase())?.value ?? 0;
}
