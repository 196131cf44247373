/** One PHP process, or one thread of it, as `ps` lists it: plain data. */
export interface ListedProcess {
  readonly pid: number;
  /** In the process's own pid namespace; null where that is ours. */
  readonly innerPid: number | null;
  /** The thread whose heap it is, where several run PHP or another one than the main one; else null. */
  readonly thread: number | null;
  /** `8.2.36`. Null where the binary could not be read. */
  readonly php: string | null;
  readonly sapi: string | null;
  /** The script, `pool www`, `master`, or what else the command line says; empty where it says nothing. */
  readonly script: string;
  /** Of the process as a whole. */
  readonly rssBytes: number;
  /** Bytes of the PHP heap that live blocks take, and bytes that the heap has from the system. */
  readonly heapBytes: number | null;
  readonly heapRealBytes: number | null;
  /** How fast the live bytes grew, in bytes a minute: between the lowest moments at the interval's beginning and end. */
  readonly growthPerMinute: number | null;
  /** Short id, or name, of the container; null outside of one. */
  readonly container: string | null;
  /** Why there are no numbers of the heap, in a few words; null where there are. */
  readonly unread: string | null;
}

export interface ProcessList {
  readonly schema: 1;
  /** By pid. */
  readonly processes: readonly ListedProcess[];
  /** Seconds between the beginning and the end of the measurement. */
  readonly intervalSeconds: number;
  /** Sentences: what could not be seen. */
  readonly notes: readonly string[];
}
