import { BIN_SIZES, MAX_SMALL_SIZE } from '../php/bins.js';

/** How many size classes there are: one a bin, and one for each power of two of larger blocks, up to 2^52 bytes. */
export const SIZE_CLASSES = BIN_SIZES.length + 52;

/** The class of a block's size in bytes: its bin, or for blocks of pages the power of two below it. */
export function sizeClassOf(sizeBytes: number): number {
  if (sizeBytes <= MAX_SMALL_SIZE) return CLASS_OF_EIGHTHS[Math.ceil(sizeBytes / 8)]!;
  return BIN_SIZES.length + Math.floor(Math.log2(sizeBytes));
}

/** By size / 8, as sizes of bins are multiples of 8. */
const CLASS_OF_EIGHTHS = Uint8Array.from({ length: MAX_SMALL_SIZE / 8 + 1 }, (_, eighths) =>
  BIN_SIZES.findIndex((size) => size >= 8 * eighths),
);
