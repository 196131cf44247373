/** nNumOfElements and nTableSize follow nNumUsed (Zend/zend_types.h, every version): this far behind it. */
export const NUM_OF_ELEMENTS = 4;
export const TABLE_SIZE = 8;
const SIGN = 0x80000000;

/** What a HashTable counts, each as an unsigned number of 32 bits. */
export interface TableNumbers {
  readonly mask: number;
  readonly used: number;
  readonly elements: number;
  readonly size: number;
}

/** Whether the numbers of a HashTable fit together. */
export function fitTogether({ mask, used, elements, size }: TableNumbers): boolean {
  // The mask is minus a power of two; so is the size, without the minus.
  const isMask = mask >= SIGN && (-mask & (-mask - 1)) === 0;
  const isSize = size >= 2 && size < SIGN && (size & (size - 1)) === 0;
  return isMask && isSize && elements <= used && used <= size;
}
