/**
 * tsrm_tls_entry (TSRM/TSRM.c, 7.4 to 8.5), with which a thread's block begins: its table of structures of globals, how
 * many these are, whose it is.
 */
export const THREAD_ENTRY = { table: 0, count: 8, threadId: 16 } as const;
export const THREAD_ENTRY_BYTES = 24;
/** PHP has some twenty structures of globals, and each extension one. */
export const MOST_STRUCTURES = 4096;
