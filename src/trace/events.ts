import { PhptraceError } from '../errors.js';

/** probes/events.h. test/unit/abi.test.ts asks the C compiler whether these agree. */
export const EVENT = {
  alloc: 1,
  allocPath: 2,
  free: 3,
  realloc: 4,
  loop: 5,
  site: 6,
  path: 7,
  reset: 8,
  process: 9,
  context: 10,
  over: 11,
  insert: 12,
} as const;
export const EVENT_BYTES = {
  alloc: 16,
  allocPath: 24,
  free: 16,
  realloc: 32,
  loop: 32,
  site: 40 + 512 + 128 + 128,
  path: 24 + 4 * 64,
  process: 16,
  context: 24,
  over: 16,
  insert: 24,
} as const;
export const SITE_FIELDS = {
  func: 8,
  site: 16,
  line: 20,
  lineStart: 24,
  file: 40,
  function: 552,
  className: 680,
} as const;
export const PROCESS_CHANGE = { fork: 1, exec: 2, exit: 3, shutdown: 4 } as const;
export type ProcessChange = keyof typeof PROCESS_CHANGE;
export const SITE_NO_FRAME = 1;

const FILE_CHARS = 512;
const NAME_CHARS = 128;
const MAX_FRAMES = 64;
const MAX_HOOKS = 4;

/** A site as the kernel names it. */
export interface SiteNamed {
  /** The kernel's number; given again when the code is gone. */
  readonly site: number;
  readonly func: number;
  readonly opline: number;
  readonly file: string | null;
  readonly line: number;
  readonly lineStart: number;
  readonly function: string | null;
  readonly className: string | null;
  /** True where a name was longer than the record. */
  readonly cut: boolean;
}

/** Hears of events in the order in which they happened. Sizes are bytes; hook 0 is outside any loop. */
export interface EventSink {
  alloc(address: number, sizeBytes: number, site: number, path: number, hook: number): void;
  free(address: number, sizeBytes: number, site: number, hook: number): void;
  realloc(
    oldAddress: number,
    oldSizeBytes: number,
    address: number,
    sizeBytes: number,
    site: number,
    path: number,
    hook: number,
  ): void;
  /**
   * A loop of hook (counted from 0) begins, in the frame at `frame`. Its number is counted from 1 for each hook; `over`
   * is the number of the loop that ends with it, 0 where none does.
   */
  loop(hook: number, heapSize: number, frame: number, timeNs: number, number: number, over: number): void;
  /** Another fiber runs, which is part of this loop of the hook; number 0: of none. Told for every hook. */
  context(hook: number, number: number): void;
  /** The last context of a loop has left it. */
  over(hook: number, number: number): void;
  /**
   * A call from this site may put an element into an array that was asked for. It has so many elements more than at its
   * event before, so by the call of that one; fewer where that is negative.
   */
  insert(array: number, elements: number, site: number, path: number, hook: number): void;
  /** The heap dropped every block. */
  reset(): void;
  site(named: SiteNamed): void;
  path(path: number, sites: readonly number[], truncated: boolean): void;
  process(change: ProcessChange): void;
}

/**
 * Decodes one record of the ring into a call of the sink. The hot records (alloc, free, realloc) are read word by
 * word and make nothing that would have to be collected. @throws PhptraceError for a record that no program of ours
 * writes
 */
export function decodeEvent(words: Int32Array, at: number, lengthBytes: number, sink: EventSink): void {
  const low = uint(words, at);
  const high = uint(words, at + 1);
  const address = low + (high & 0xffff) * 0x1_0000_0000;
  const hook = high >>> 24;
  switch ((high >>> 16) & 0xff) {
    case EVENT.alloc:
      sink.alloc(address, size(words, at + 2), uint(words, at + 3), 0, hook);
      break;
    case EVENT.free:
      sink.free(address, size(words, at + 2), uint(words, at + 3), hook);
      break;
    case EVENT.allocPath:
      sink.alloc(address, size(words, at + 2), uint(words, at + 3), uint(words, at + 4), hook);
      break;
    case EVENT.realloc:
      sink.realloc(
        address,
        size(words, at + 4),
        wide(words, at + 2),
        size(words, at + 5),
        uint(words, at + 6),
        uint(words, at + 7),
        hook,
      );
      break;
    case EVENT.loop:
      sink.loop(hook - 1, wide(words, at + 2), address, wide(words, at + 4), uint(words, at + 6), uint(words, at + 7));
      break;
    case EVENT.context:
      for (let of = 0; of < MAX_HOOKS; of++) sink.context(of, uint(words, at + 2 + of));
      break;
    case EVENT.over:
      sink.over(hook - 1, uint(words, at + 2));
      break;
    case EVENT.insert:
      sink.insert(address, words[at + 2] as number, uint(words, at + 3), uint(words, at + 4), hook);
      break;
    case EVENT.reset:
      sink.reset();
      break;
    case EVENT.site:
      sink.site(decodeSite(words, at, address));
      break;
    case EVENT.path: {
      const frames = Math.min(uint(words, at + 3), MAX_FRAMES);
      const sites = Array.from(words.subarray(at + 6, at + 6 + frames));
      sink.path(uint(words, at + 2), sites, words[at + 4] !== 0);
      break;
    }
    case EVENT.process:
      sink.process(decodeChange(uint(words, at + 2)));
      break;
    default:
      throw new PhptraceError(
        `unknown event in the ring (kind ${String((high >>> 16) & 0xff)}, ${String(lengthBytes)} bytes): ` +
          'the BPF programs are of another build: run `make build`',
      );
  }
}

/** The arrays come from the ring, whose records are longer than any index used here. */
function uint(words: Int32Array, at: number): number {
  return (words[at] as number) >>> 0;
}

function size(words: Int32Array, at: number): number {
  return uint(words, at) * 8;
}

function wide(words: Int32Array, at: number): number {
  return uint(words, at) + uint(words, at + 1) * 0x1_0000_0000;
}

function decodeSite(words: Int32Array, at: number, opline: number): SiteNamed {
  const [fileLength, functionLength, classLength] = [uint(words, at + 7), uint(words, at + 8), uint(words, at + 9)];
  const bytes = Buffer.from(words.buffer, words.byteOffset + at * 4, EVENT_BYTES.site);
  const text = (offset: number, length: number): string | null =>
    length === 0 ? null : bytes.toString('utf8', offset, offset + length - 1);
  return {
    site: uint(words, at + 4),
    func: wide(words, at + 2),
    opline,
    line: uint(words, at + 5),
    lineStart: uint(words, at + 6),
    file: text(SITE_FIELDS.file, fileLength),
    function: text(SITE_FIELDS.function, functionLength),
    className: text(SITE_FIELDS.className, classLength),
    cut: fileLength === FILE_CHARS || functionLength === NAME_CHARS || classLength === NAME_CHARS,
  };
}

function decodeChange(change: number): ProcessChange {
  switch (change) {
    case PROCESS_CHANGE.fork:
      return 'fork';
    case PROCESS_CHANGE.exec:
      return 'exec';
    case PROCESS_CHANGE.shutdown:
      return 'shutdown';
    default:
      return 'exit';
  }
}
