import { PhptraceError } from '../errors.js';
import { copyRanges, RangeList } from '../native/copy-ranges.js';
import { Pages, viewMemory } from '../native/libc.js';
import { BIN_PAGES, BIN_SIZES } from '../php/bins.js';
import type { EngineLayout } from '../php/engine-layout.js';
import type { HeapLayout } from '../php/heap-layout.js';
import type { ProcessMemory } from '../php/memory.js';
import type { PhpProcess } from '../php/process.js';
import { NUM_OF_ELEMENTS, TABLE_SIZE, fitTogether } from '../php/table-numbers.js';
import type { HeapExtent } from './heap-extent.js';
import { HEAP_PAGE_BYTES, PAGES_A_CHUNK, RUN_KIND, SMALL_RUN, SMALL_RUN_BIN } from './page-map.js';

const PAGE_WORDS = HEAP_PAGE_BYTES / 4;
/** zend_array (Zend/zend_types.h, PHP 7.4 to 8.5): those of PHP's heap lie in the bin of its size. */
const ARRAY_BYTES = 56;
const ARRAY_WORDS = ARRAY_BYTES / 4;
const ARRAY_BIN = BIN_SIZES.indexOf(ARRAY_BYTES);
const ARRAYS_A_PAGE = Math.floor((BIN_PAGES[ARRAY_BIN]! * HEAP_PAGE_BYTES) / ARRAY_BYTES);
/** A quarter of a second of CPU for a look, and 130 MB. */
const MOST_ARRAYS = 2_000_000;
/** Word: zend_refcounted_h.u.type_info. */
const TYPE_INFO = 1;
const IS_ARRAY = 7;
/** The type, and the flags of memory that is not PHP's own heap (GC_IMMUTABLE, GC_PERSISTENT and the two above them). */
const TYPE_BITS = 0x3cf;
/**
 * spl_ptr_heap (ext/spl/spl_heap.c, 7.4 to 8.4), as large as a zend_array: { elements; 3 pointers to functions; int
 * count, flags; size_t max, size of an element }. In words; the size is that of a zval, or of two.
 */
const HEAP_CODE = [2, 4, 6] as const;
const HEAP_COUNT = 8;
const HEAP_MAX = 10;
const HEAP_ELEMENT_BYTES = 12;
const ZVAL_BYTES = 16;
/** HT_MIN_SIZE (Zend/zend_types.h). */
const LEAST_CAPACITY = 8;
const TWO_32 = 2 ** 32;

/** An array of a running process, as its zend_array has it, or a heap of SPL (SplMinHeap, SplPriorityQueue). */
export interface LiveArray {
  /** Of the zend_array, or the spl_ptr_heap. */
  readonly address: number;
  readonly elements: number;
  /** How many elements it had at the first visit. */
  readonly elementsFirst: number;
  /** For how many elements it has room. */
  readonly capacity: number;
  /** Places that were used, also those of elements that are gone. */
  readonly used: number;
  readonly isPacked: boolean;
  /** Of a heap of SPL, whose elements are zvals in no order of time: what one takes. */
  readonly heapElementBytes?: number;
  /** Of the first element, and of the block that it lies in. */
  readonly data: number;
  readonly dataBlock: number;
}

/**
 * How many elements each array of a running process has, again and again: the pages in which PHP's heap has zend_arrays
 * are found once, and copied while the process runs. An array that was made after that shows where another one was, or
 * not at all. To be closed.
 */
export class LiveArrays {
  private readonly words: Uint32Array;
  /** Elements by place of an array; empty before the first look. */
  private first = new Uint32Array();
  private readonly latest: Uint32Array;

  private constructor(
    private readonly pid: number,
    private readonly layout: EngineLayout['hashTable'],
    private readonly code: PhpProcess['code'],
    private readonly addresses: Float64Array,
    private readonly pages: Pages,
  ) {
    this.words = new Uint32Array(viewMemory(pages.address, pages.sizeBytes));
    this.latest = new Uint32Array(addresses.length * ARRAYS_A_PAGE);
  }

  /**
   * Finds where the arrays are. Undefined where there is none.
   *
   * @param most fewer than 2 million, the most that are looked at
   * @throws PhptraceError where there may be more
   * @throws PhptraceError where the process is gone, SystemCallError where there is no memory for the pages
   */
  static find(
    memory: ProcessMemory,
    {
      heap,
      hashTable,
      code,
    }: { readonly heap: HeapLayout; readonly hashTable: EngineLayout['hashTable']; readonly code: PhpProcess['code'] },
    { chunks }: HeapExtent,
    most = MOST_ARRAYS,
  ): LiveArrays | undefined {
    const addresses = chunks.flatMap((chunk) => arrayPages(memory, chunk, heap.chunkMap)).sort((a, b) => a - b);
    if (addresses.length === 0) return undefined;
    const arrays = addresses.length * ARRAYS_A_PAGE;
    if (arrays > most) {
      throw new PhptraceError(`there are too many to look at again and again: up to ${String(arrays)}`);
    }
    const pages = Pages.map(addresses.length * HEAP_PAGE_BYTES);
    return new LiveArrays(memory.pid, hashTable, code, Float64Array.from(addresses), pages);
  }

  /** Visits each array that has more or fewer elements than at the last visit; at the first one, none. */
  forEachChange(visit: (array: LiveArray) => void): void {
    const { latest } = this;
    const isFirst = this.first.length === 0;
    this.forEachSlot((slot, word) => {
      const elements = this.elementsAt(word);
      if (elements === latest[slot]) return;
      latest[slot] = elements;
      const array = isFirst ? undefined : this.read(slot, word);
      if (array) visit(array);
    });
    if (isFirst) this.first = latest.slice();
  }

  /** Visits each array as it was copied last. */
  forEachArray(visit: (array: LiveArray) => void): void {
    this.forEachSlot((slot, word) => {
      const array = this.read(slot, word);
      if (array) visit(array);
    });
  }

  /** The array at an address that a visit has told, as it was copied last; undefined where there is none any more. */
  arrayAt(address: number): LiveArray | undefined {
    const page = this.pageOf(address - (address % HEAP_PAGE_BYTES));
    const index = (address % HEAP_PAGE_BYTES) / ARRAY_BYTES;
    return this.read(page * ARRAYS_A_PAGE + index, page * PAGE_WORDS + index * ARRAY_WORDS);
  }

  close(): void {
    this.pages.unmap();
  }

  /** For how many arrays the pages have room. */
  get places(): number {
    return this.latest.length;
  }

  /** Copies them as they are now. @throws SystemCallError where the process is gone */
  copy(): void {
    const ranges = new RangeList();
    const { addresses } = this;
    for (let page = 0; page < addresses.length;) {
      let end = page + 1;
      while (addresses[end] === addresses[page]! + (end - page) * HEAP_PAGE_BYTES) end++;
      ranges.add(addresses[page]!, (end - page) * HEAP_PAGE_BYTES, page * HEAP_PAGE_BYTES);
      page = end;
    }
    copyRanges(this.pid, ranges, this.pages, (address) => {
      const first = this.pageOf(address) * PAGE_WORDS;
      this.words.fill(0, first, first + PAGE_WORDS);
    });
  }

  /** The number of a page, whose address is among those of the pages. */
  private pageOf(address: number): number {
    let [low, high] = [0, this.addresses.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.addresses[middle]! < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Visits each place of an array, with the index of its first word. */
  private forEachSlot(visit: (slot: number, word: number) => void): void {
    let slot = 0;
    for (let page = 0; page < this.addresses.length; page++) {
      for (let index = 0; index < ARRAYS_A_PAGE; index++) {
        visit(slot++, page * PAGE_WORDS + index * ARRAY_WORDS);
      }
    }
  }

  private elementsAt(word: number): number {
    if (this.isHeap(word)) return this.words[word + HEAP_COUNT]!;
    return this.words[word + this.layout.nNumUsed / 4 + NUM_OF_ELEMENTS / 4]!;
  }

  /** Where a zend_array has the address of a function, a heap has the size of its elements. */
  private isHeap(word: number): boolean {
    const { words, code } = this;
    const elementBytes = words[word + HEAP_ELEMENT_BYTES]!;
    return (
      (elementBytes === ZVAL_BYTES || elementBytes === 2 * ZVAL_BYTES) &&
      words[word + HEAP_ELEMENT_BYTES + 1] === 0 &&
      words[word + HEAP_MAX + 1] === 0 &&
      words[word + HEAP_COUNT]! <= words[word + HEAP_MAX]! &&
      HEAP_CODE.every((at) => {
        const address = this.pointerAt(word + at);
        return address >= code.start && address < code.end;
      })
    );
  }

  private pointerAt(word: number): number {
    return this.words[word]! + this.words[word + 1]! * TWO_32;
  }

  private readHeap(slot: number, word: number): LiveArray | undefined {
    const { words } = this;
    const data = this.pointerAt(word);
    if (data === 0 || data % 8 !== 0) return undefined;
    const elements = words[word + HEAP_COUNT]!;
    return {
      address: this.addressOf(slot),
      elements,
      elementsFirst: this.first[slot]!,
      capacity: words[word + HEAP_MAX]!,
      used: elements,
      isPacked: true,
      heapElementBytes: words[word + HEAP_ELEMENT_BYTES]!,
      data,
      dataBlock: data,
    };
  }

  private addressOf(slot: number): number {
    return this.addresses[Math.floor(slot / ARRAYS_A_PAGE)]! + (slot % ARRAYS_A_PAGE) * ARRAY_BYTES;
  }

  /** Undefined where the words of a place are no array's. */
  private read(slot: number, word: number): LiveArray | undefined {
    if (this.isHeap(word)) return this.readHeap(slot, word);
    const { words, layout } = this;
    const usedWord = word + layout.nNumUsed / 4;
    const [used, elements] = [words[usedWord]!, this.elementsAt(word)];
    const capacity = words[usedWord + TABLE_SIZE / 4]!;
    const mask = words[word + layout.nTableMask / 4]!;
    const data = this.pointerAt(word + layout.arData / 4);
    const isArray = (words[word + TYPE_INFO]! & TYPE_BITS) === IS_ARRAY;
    const isTable = capacity >= LEAST_CAPACITY && fitTogether({ mask, used, elements, size: capacity });
    if (!isArray || !isTable || data === 0 || data % 8 !== 0) return undefined;
    return {
      address: this.addressOf(slot),
      elements,
      elementsFirst: this.first[slot]!,
      capacity,
      used,
      isPacked: (words[word + layout.flags / 4]! & layout.packedFlag) !== 0,
      data,
      // HT_GET_DATA_ADDR: the hash, 32 bits for each of minus mask, lies before the first element.
      dataBlock: data - (TWO_32 - mask) * 4,
    };
  }
}

/** The pages of a chunk that hold arrays. */
function arrayPages(memory: ProcessMemory, chunk: number, chunkMap: number): number[] {
  // The bits of pages that are in use lie before the map.
  const view = memory.read(chunk + chunkMap - PAGES_A_CHUNK / 8, PAGES_A_CHUNK / 8 + PAGES_A_CHUNK * 4);
  const pages: number[] = [];
  for (let page = 1; page < PAGES_A_CHUNK; page++) {
    if (((view.getUint8(page >>> 3) >>> (page & 7)) & 1) === 0) continue;
    const info = view.getInt32(PAGES_A_CHUNK / 8 + page * 4, true);
    if ((info & RUN_KIND) === SMALL_RUN && (info & SMALL_RUN_BIN) === ARRAY_BIN)
      pages.push(chunk + page * HEAP_PAGE_BYTES);
  }
  return pages;
}
