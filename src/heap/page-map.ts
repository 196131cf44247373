/** Zend/zend_alloc.c: a chunk is so many pages, the first of which holds its own books. */
export const PAGES_A_CHUNK = 512;
/** ZEND_MM_PAGE_SIZE (Zend/zend_alloc_sizes.h). */
export const HEAP_PAGE_BYTES = 4096;

/** Entries of a chunk's page map (Zend/zend_alloc.c): ZEND_MM_IS_LRUN, ZEND_MM_IS_SRUN; a small run's other pages carry both. */
export const LARGE_RUN = 0x40000000;
export const SMALL_RUN = 0x80000000 | 0;
export const RUN_KIND = 0xc0000000 | 0;
export const LARGE_RUN_PAGES = 0x3ff;
export const SMALL_RUN_BIN = 0x1f;
