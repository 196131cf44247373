import type { MemoryImage } from '../image.js';

/** A zend_stack (Zend/zend_stack.h, 7.4 to 8.5): { int size, top, max; void *elements }. */
const TOP = 4;
const ELEMENTS = 16;

/** Where the elements of a zend_stack lie, 0 for nowhere, and how many there are, `most` at most. */
export function readZendStack(
  image: MemoryImage,
  address: number,
  most: number,
): { readonly elements: number; readonly count: number } {
  return { elements: image.pointer(address + ELEMENTS), count: Math.min(image.uint32(address + TOP), most) };
}
