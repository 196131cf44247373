import type { BlockTable } from './blocks.js';
import type { MemoryImage } from './image.js';
import { Classes } from './structures/classes.js';
import type { ClassInfo } from './structures/classes.js';
import { findSuspendedStacks } from './structures/suspended-stacks.js';
import { readLazyObjects } from './structures/lazy-object.js';
import { readWeakTables } from './structures/weak-table.js';
import type { SuspendedStack } from './structures/suspended-stacks.js';

/** Objects whose insides the engine keeps beside their properties. */
export type SpecialClass = 'closure' | 'generator' | 'fiber' | 'weakMap' | 'weakReference';

const SPECIAL: Readonly<Record<string, SpecialClass>> = {
  zend_ce_closure: 'closure',
  zend_ce_generator: 'generator',
  zend_ce_fiber: 'fiber',
};
/** Those whose entries are not exported, by name. */
const SPECIAL_NAMES: Readonly<Record<string, SpecialClass>> = { WeakMap: 'weakMap', WeakReference: 'weakReference' };
/** Classes of SPL whose objects keep what they hold in a structure of their own; others inherit it. */
const STORAGE_CLASSES = [
  'ArrayObject',
  'ArrayIterator',
  'SplObjectStorage',
  'MultipleIterator',
  'SplDoublyLinkedList',
  'SplFixedArray',
  'SplHeap',
  'SplPriorityQueue',
] as const;
export type StorageClass = (typeof STORAGE_CLASSES)[number];
/** free_obj in zend_object_handlers (Zend/zend_object_handlers.h, 7.4 to 8.5): after `int offset`. */
const FREE_OBJECT = 8;

/** An image with what is needed to read objects in it. */
export class HeapView {
  readonly classes: Classes;
  /** Address of std_object_handlers; 0 where it is not known. */
  readonly standardHandlers: number;
  /** By node, the word behind the last one in use, for blocks that are read word by word and whose content has an end. */
  readonly usedEnds = new Map<number, number>();
  /** Stacks of coroutines that wait, and main's while one runs. */
  readonly suspendedStacks: readonly SuspendedStack[];
  /** What the engine keeps of lazy objects, by their handles: the address. */
  readonly lazyObjects: ReadonlyMap<number, number>;
  /** Tables of those that refer weakly to an object, by its address: theirs. */
  readonly weakTables: ReadonlyMap<number, number>;
  private readonly special = new Map<number, SpecialClass | undefined>();
  /** By address of handlers. */
  private readonly plain = new Map<number, boolean>();
  private readonly storages = new Map<number, StorageClass | undefined>();

  constructor(
    readonly image: MemoryImage,
    readonly blocks: BlockTable,
  ) {
    this.classes = new Classes(image);
    this.suspendedStacks = findSuspendedStacks(image, blocks.runs);
    this.lazyObjects = readLazyObjects(image);
    this.weakTables = readWeakTables(image);
    const { symbols } = image.header;
    this.standardHandlers = symbols['std_object_handlers'] ?? 0;
    for (const [symbol, kind] of Object.entries(SPECIAL)) {
      const address = symbols[symbol];
      if (address !== undefined) this.special.set(image.pointer(address), kind);
    }
  }

  specialClass(address: number): SpecialClass | undefined {
    if (this.special.has(address)) return this.special.get(address);
    const info = this.classes.at(address);
    const kind = info === undefined || info.isUser ? undefined : SPECIAL_NAMES[info.name];
    this.special.set(address, kind);
    return kind;
  }

  /** The class of SPL that an object's class is or descends from. */
  storageClass(info: ClassInfo): StorageClass | undefined {
    const { address } = info;
    if (this.storages.has(address)) return this.storages.get(address);
    const storage = this.classes.builtinAmong(info, STORAGE_CLASSES);
    this.storages.set(address, storage);
    return storage;
  }

  /** Words of such an object that may hold pointers besides those that are known, from its zend_object on. */
  specialWords(address: number): number {
    const { closure, fiber } = this.image.header.structures;
    switch (this.specialClass(address)) {
      case 'closure':
        return (closure.calledScope + 8) / 4;
      case 'fiber':
        return fiber === null ? 0 : (fiber.result + 16) / 4;
      case 'generator':
      case 'weakMap':
      case 'weakReference':
      case undefined:
        return 0;
    }
  }

  /**
   * True where an object with these handlers has no more than its properties, and a zval of guards where its class has
   * magic methods: it is freed as plain ones are, so there is nothing else to free.
   */
  isPlain(handlers: number): boolean {
    if (handlers === this.standardHandlers) return true;
    let isPlain = this.plain.get(handlers);
    if (isPlain === undefined) {
      const free = this.image.pointer(handlers + FREE_OBJECT);
      isPlain = free !== 0 && free === this.image.pointer(this.standardHandlers + FREE_OBJECT);
      this.plain.set(handlers, isPlain);
    }
    return isPlain;
  }
}
