/**
 * The layout of probes/knobs.h and the sizes of probes/events.h, as the kernel programs see them.
 * test/unit/abi.test.ts asks the C compiler whether they agree.
 */

export const MAX_HOOKS = 4;
export const MAX_SITES = 65536;
export const BIN_SLOTS = 32;
export const SIZE8_SLOTS = 512;

/** struct knobs: offset of each field in bytes. The arrays are as their names say. */
export const KNOBS = {
  allocGlobals: 0,
  executorGlobals: 8,
  codeStart: 16,
  codeEnd: 24,
  pid: 32,
  oplineInFrame: 36,
  egVmStackTop: 40,
  heapSize: 44,
  heapFreeSlot: 48,
  heapHugeList: 52,
  chunkMap: 56,
  funcName: 60,
  funcScope: 64,
  opArrayFilename: 68,
  opArrayLineStart: 72,
  opArrayOpcodes: 76,
  opArrayLast: 80,
  opArrayRefcount: 84,
  className: 88,
  zendOpSize: 92,
  zendOpLineno: 96,
  zendStringVal: 100,
  tableElements: 104,
  minBinSize: 108,
  binSize: 112,
  binOfSize8: 112 + 4 * BIN_SLOTS,
} as const;
/** A struct with 64-bit members ends at a multiple of 8. */
export const KNOBS_BYTES = 8 * Math.ceil((112 + 4 * BIN_SLOTS + SIZE8_SLOTS) / 8);
/** Of 64 bits; all others but the tables are of 32. */
export const WIDE_KNOBS: readonly string[] = ['allocGlobals', 'executorGlobals', 'codeStart', 'codeEnd'];

/** struct followed. */
export const FOLLOWED = { namespaceDevice: 0, namespaceInode: 8, thread: 16 } as const;

/** struct hook. */
export const HOOK = {
  opline: 0,
  extent: 8,
  begun: 12,
  sequence: 16,
  frame: 24,
  func: 32,
  page: 40,
  loop: 48,
  nested: 52,
} as const;
export const HOOK_BYTES = 56;

/** struct asked_array. */
export const ASKED_ARRAY = { address: 0, elements: 8, site: 12, path: 16, hook: 20 } as const;
export const ASKED_ARRAY_BYTES = 24;
export const MAX_ASKED_ARRAYS = 8;

/** enum hook_extent. */
export const EXTENT = { off: 0, frame: 1, caller: 2, always: 3, request: 4 } as const;
export type Extent = keyof typeof EXTENT;

/** struct counters: eight bytes each. */
export const COUNTERS = {
  events: 0,
  dropped: 8,
  unreadFrames: 16,
  unresolved: 24,
  customHeap: 32,
  unforgotten: 40,
  boundaryHits: 48,
  switches: 56,
  unkeptContexts: 64,
} as const;

/** struct control. */
export const CONTROL = {
  tickNs: 0,
  stopName: 8,
  stopLine: 24,
  stopAtExecute: 40,
  stopAtShutdown: 44,
  hooksReady: 48,
  hasCompiledCode: 52,
} as const;

/** The numbers of registers in a cookie: those of the instruction set. */
export const REGISTERS = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
] as const;
export type Register = (typeof REGISTERS)[number];

/** What a probe tells its program of the site it sits on (COOKIE_* in probes/trace.bpf.c). */
export interface Cookie {
  /** What the site is: the guard of an allocator's function, or one of the others. Of a program with one kind: absent. */
  readonly site?: keyof typeof SITES;
  readonly bin?: number;
  /** Register of a size, or of a result; or the number of a hook. */
  readonly value?: Register | number;
  readonly pointer?: Register;
  readonly heap?: Register;
  /** The jump asks whether the heap is a custom one: then the zero flag is clear. */
  readonly asksForCustom?: boolean;
  readonly nullIsAlloc?: boolean;
}

const SITES = {
  alloc: 1n,
  free: 2n,
  realloc: 3n,
  result: 4n,
  insert: 5n,
  switch: 6n,
  handler: 7n,
  symbol: 8n,
} as const;
const NO_REGISTER = 0xff;
const NO_BIN = 0xff;

/** The cookie as the kernel hands it to the program. */
export function encodeCookie(cookie: Cookie): bigint {
  const number = (register: Register | number | undefined): number =>
    typeof register === 'number' ? register : register === undefined ? NO_REGISTER : REGISTERS.indexOf(register);
  return (
    BigInt(cookie.bin ?? NO_BIN) |
    (BigInt(number(cookie.value)) << 8n) |
    (BigInt(number(cookie.pointer)) << 16n) |
    (BigInt(number(cookie.heap)) << 24n) |
    (cookie.asksForCustom ? 1n << 32n : 0n) |
    (cookie.nullIsAlloc ? 1n << 33n : 0n) |
    ((cookie.site === undefined ? 0n : SITES[cookie.site]) << 34n)
  );
}
