import { readOr } from '../php/memory.js';
import type { ProcessMemory } from '../php/memory.js';
import type { Collector } from '../trace/records.js';
import type { MemoryImage } from './image.js';

/** zend_gc_globals (Zend/zend_gc.c, 7.4 to 8.5). */
const ENABLED = 8;
const ACTIVE = 9;
/** Set when the buffer of possible roots could not grow any more: the collector has given up. */
const FULL = 11;
const THRESHOLD = 20;
const ROOTS = 28;
const RUNS = 32;

/**
 * Whether the collector is at work: meanwhile counts of references are not what they are else, and what it frees looks
 * lost. False where its globals were not found.
 */
export function isCollecting(memory: ProcessMemory, gcGlobals: number | null): boolean {
  return gcGlobals !== null && readOr(false, () => memory.uint8(gcGlobals + ACTIVE) !== 0);
}

/** The same of an image. */
export function wasCollecting(image: MemoryImage): boolean {
  const { gcGlobals } = image.header.structures;
  return gcGlobals !== null && image.at(gcGlobals) >= 0 && image.uint8(gcGlobals + ACTIVE) !== 0;
}

/** The state of PHP's cycle collector in an image; null where its globals were not found. */
export function collectorOf(image: MemoryImage): Collector | null {
  const { gcGlobals } = image.header.structures;
  if (gcGlobals === null || image.at(gcGlobals) < 0) return null;
  return {
    enabled: image.uint8(gcGlobals + ENABLED) !== 0 && image.uint8(gcGlobals + FULL) === 0,
    threshold: image.uint32(gcGlobals + THRESHOLD),
    roots: image.uint32(gcGlobals + ROOTS),
    runs: image.uint32(gcGlobals + RUNS),
  };
}
