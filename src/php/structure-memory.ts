import { readString } from './frames.js';
import type { Engine } from './functions.js';
import { pointerAt } from './memory.js';
import type { Structures } from './structures.js';
import { NUM_OF_ELEMENTS, TABLE_SIZE, fitTogether } from './table-numbers.js';

const MAX_ELEMENTS = 1 << 22;
const IS_UNDEF = 0;
const ZVAL_TYPE = 8;

/** Global structures of one process: addresses there, undefined where PHP exports no such symbol. */
export interface GlobalPlaces {
  readonly compilerGlobals: number;
  readonly basicGlobals: number | undefined;
}

export interface TableElement {
  /** Address of the element's zval. */
  readonly zval: number;
  readonly type: number;
  /** The first word of the zval. */
  readonly value: number;
  /** The name; null for an element with a number. */
  readonly key: string | null;
  /** Number of the element, or hash of its name (its low bits only). */
  readonly h: number;
}

/** Reads tables, zvals and map pointers of a living process by the offsets of `structures`. */
export class StructureMemory {
  constructor(
    readonly engine: Engine,
    readonly structures: Structures,
    readonly places: GlobalPlaces,
  ) {}

  /** The address of a member of executor_globals. */
  eg(offset: number): number {
    return this.engine.executorGlobals + offset;
  }

  pointer(address: number): number {
    return this.engine.memory.pointer(address);
  }

  uint32(address: number): number {
    return this.engine.memory.uint32(address);
  }

  uint8(address: number): number {
    return this.engine.memory.uint8(address);
  }

  /** The object of a handle, 0 where there is none: a free bucket's word is odd, and may be minus one. */
  objectAt(buckets: number, handle: number): number {
    const bucket = buckets + 8 * handle;
    return (this.uint8(bucket) & 1) === 1 ? 0 : this.pointer(bucket);
  }

  zvalType(address: number): number {
    return this.uint8(address + ZVAL_TYPE);
  }

  /** The text of a zend_string, or undefined where there is none. */
  string(address: number): string | undefined {
    return readString(this.engine.memory, this.engine.layout, address) ?? undefined;
  }

  className(classEntry: number): string | undefined {
    return this.string(this.pointer(classEntry + this.engine.layout.classEntry.name));
  }

  /** Whether the numbers of a HashTable fit together. */
  isTable(table: number): boolean {
    const { nTableMask, nNumUsed } = this.engine.layout.hashTable;
    const view = this.engine.memory.read(table, nNumUsed + TABLE_SIZE + 4);
    const at = (offset: number): number => view.getUint32(offset, true);
    return fitTogether({
      mask: at(nTableMask),
      used: at(nNumUsed),
      elements: at(nNumUsed + NUM_OF_ELEMENTS),
      size: at(nNumUsed + TABLE_SIZE),
    });
  }

  /** The used elements of a HashTable. @throws UnreadableMemory */
  *elements(table: number): Generator<TableElement> {
    const { memory, layout } = this.engine;
    const { hashTable, bucket } = layout;
    const count = memory.uint32(table + hashTable.nNumUsed);
    if (count === 0 || count > MAX_ELEMENTS) return;
    const packed = (memory.uint32(table + hashTable.flags) & hashTable.packedFlag) !== 0;
    const size = packed ? hashTable.packedElementBytes : bucket.sizeBytes;
    const data = memory.pointer(table + hashTable.arData);
    const view = memory.read(data, count * size);
    for (let index = 0; index < count; index++) {
      const at = index * size;
      const type = view.getUint8(at + ZVAL_TYPE);
      if (type === IS_UNDEF) continue;
      const key = packed ? 0 : pointerAt(view, at + bucket.key);
      yield {
        zval: data + at,
        type,
        value: pointerAt(view, at),
        key: key === 0 ? null : (this.string(key) ?? null),
        h: packed ? index : pointerAt(view, at + bucket.h),
      };
    }
  }

  find(table: number, key: string): TableElement | undefined {
    for (const element of this.elements(table)) if (element.key === key) return element;
    return undefined;
  }

  /** What the map pointer at an address leads to, 0 where there is nothing yet. @throws UnreadableMemory */
  mapPointer(address: number): number {
    const { cg, mapPtr } = this.structures;
    const raw = this.pointer(address);
    if (raw === 0) return 0;
    if (raw % 2 === 0) return mapPtr.even === 'direct' ? raw : this.pointer(raw);
    const base = this.pointer(this.places.compilerGlobals + cg.mapPtrBase);
    return this.pointer(base + raw + mapPtr.baseCorrection);
  }
}
