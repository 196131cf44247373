/** Bytes of a page of memory on x86-64: the unit in which the kernel maps, and tells what a process has. */
export const PAGE_BYTES = 4096;
