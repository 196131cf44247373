/**
 * Block sizes of the allocator's 30 bins, by bin number (Zend/zend_alloc_sizes.h, ZEND_MM_BINS_INFO; the same from
 * PHP 7.0 to 8.5).
 */
export const BIN_SIZES: readonly number[] = [
  ...[8, 16, 24, 32, 40, 48, 56, 64],
  ...[80, 96, 112, 128, 160, 192, 224, 256],
  ...[320, 384, 448, 512, 640, 768, 896, 1024],
  ...[1280, 1536, 1792, 2048, 2560, 3072],
];

/** Pages of a run of each bin (the same table's last column). A run's slots fill its pages but for a rest. */
export const BIN_PAGES: readonly number[] = [
  ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  ...[5, 3, 1, 1, 5, 3, 2, 2, 5, 3, 7, 4, 5, 3],
];

/** The largest size that a bin serves; above it blocks are whole pages (ZEND_MM_MAX_SMALL_SIZE). */
export const MAX_SMALL_SIZE = 3072;

/**
 * The bin number for each requested size from 0 to 3072 bytes.
 *
 * @param minBinSize 8, or 16 from PHP 8.4 on, where a free slot must hold two words (ZEND_MM_MIN_USEABLE_BIN_SIZE).
 */
export function binOfSize(minBinSize: 8 | 16): Uint8Array {
  const table = new Uint8Array(MAX_SMALL_SIZE + 1);
  let bin = BIN_SIZES.indexOf(minBinSize);
  for (let size = 0; size <= MAX_SMALL_SIZE; size++) {
    if (size > (BIN_SIZES[bin] ?? 0)) bin++;
    table[size] = bin;
  }
  return table;
}
