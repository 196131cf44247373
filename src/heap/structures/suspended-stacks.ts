import type { MemoryImage } from '../image.js';
import { LARGE_BIN } from '../runs.js';
import type { Runs } from '../runs.js';

/**
 * struct _zend_vm_stack { top, end, prev } (php-src Zend/zend_execute.h, 7.4 to 8.5), and where what lies on a page
 * begins (ZEND_VM_STACK_HEADER_SLOTS).
 */
const STACK_END = 8;
const STACK_PREV = 16;
const STACK_HEADER = 32;
/** ZEND_VM_STACK_PAGE_SIZE (php-src Zend/zend_execute.c): a page of the main program's; others are smaller. */
const MAIN_PAGE_BYTES = 256 * 1024;
/** Where a library of coroutines keeps what belongs to one: at the bottom of its stack (PHPContext of Swoole). */
const CONTEXT_WORDS = 128;
const MOST_PAGES = 1 << 12;

/** The stack of a coroutine, or of the main program while a coroutine runs. */
export interface SuspendedStack {
  readonly isMain: boolean;
  /** Its pages, the newest first. */
  readonly pages: readonly number[];
  /** The innermost frame; 0 where none is under way. */
  readonly executeData: number;
  /** What a library keeps of a coroutine lies from here up to its first frame; 0 for the main program. */
  readonly context: number;
}

/**
 * Finds the stacks that do not run. Whoever suspends one keeps EG(vm_stack_top), EG(vm_stack_end), EG(vm_stack),
 * EG(vm_stack_page_size) and EG(current_execute_data) one after the other, as the engine does: at the bottom of a
 * coroutine's own stack, and for the main program in a variable of the library. Five words that agree with a page of
 * the heap and with each other are such a place; a stack without one, or with two that differ, is left out.
 */
export function findSuspendedStacks(image: MemoryImage, runs: Runs): SuspendedStack[] {
  const pages = stackPages(image, runs);
  const running = chainOf(pages, runningPage(image)).at(-1);
  const roots = [...pages].filter(([address, { before }]) => before === 0 && address !== running);
  return roots.flatMap(([root, { end }]) => {
    const isMain = end - root === MAIN_PAGE_BYTES;
    const places = isMain ? placesInC(image, root) : [range(image, root + STACK_HEADER, CONTEXT_WORDS)];
    const found = new Map<number, SuspendedStack>();
    for (const [first, last] of places) {
      for (const saved of savedIn(image, pages, first, last)) {
        const chain = chainOf(pages, saved.page);
        if (chain.at(-1) !== root || saved.pageBytes !== end - root) continue;
        const context = isMain ? 0 : root + STACK_HEADER;
        found.set(saved.executeData, { isMain, pages: chain, executeData: saved.executeData, context });
      }
    }
    return found.size === 1 ? [...found.values()] : [];
  });
}

interface StackPage {
  readonly end: number;
  /** The page before it, 0 for the first one. */
  readonly before: number;
}

/** Large blocks that begin as a page of a VM stack does, with their own end and a place within them. */
function stackPages(image: MemoryImage, runs: Runs): Map<number, StackPage> {
  const pages = new Map<number, StackPage>();
  for (let run = 0; run < runs.count; run++) {
    if (runs.bins[run] !== LARGE_BIN) continue;
    const at = runs.firstWord[run]!;
    const address = image.addressOfWord(at);
    const [top, end] = [image.pointerAt(at), image.pointerAt(at + STACK_END / 4)];
    if (end !== address + runs.slotBytes[run]! || top < address + STACK_HEADER || top > end) continue;
    pages.set(address, { end, before: image.pointerAt(at + STACK_PREV / 4) });
  }
  return pages;
}

/** From the newest page to the first one; empty where one of them is no such page. */
function chainOf(pages: ReadonlyMap<number, StackPage>, newest: number): number[] {
  const chain: number[] = [];
  for (let page = newest; page !== 0; page = pages.get(page)?.before ?? 0) {
    if (!pages.has(page) || chain.length === MOST_PAGES) return [];
    chain.push(page);
  }
  return chain;
}

/** Words of C memory around each mention of the page that a stack begins with: main rarely needs a second one. */
function placesInC(image: MemoryImage, page: number): [number, number][] {
  const [low, high] = [page >>> 0, Math.floor(page / 2 ** 32)];
  const { words } = image;
  const places: [number, number][] = [];
  for (const { kind, offset, sizeBytes } of image.segments) {
    if (kind !== 'memory') continue;
    const end = (offset + sizeBytes) / 4;
    for (let at = offset / 4; at + 1 < end; at += 2) {
      if (words[at] === low && words[at + 1] === high)
        places.push([Math.max(at - 4, offset / 4), Math.min(at + 6, end)]);
    }
  }
  return places;
}

function range(image: MemoryImage, address: number, words: number): [number, number] {
  const first = image.at(address);
  return first < 0 ? [0, 0] : [first, Math.min(first + words, image.endOfSegment(first))];
}

/** The places in a row of words that hold what EG has of a stack. */
function* savedIn(
  image: MemoryImage,
  pages: ReadonlyMap<number, StackPage>,
  first: number,
  last: number,
): Generator<{ page: number; pageBytes: number; executeData: number }> {
  for (let at = first; at + 10 <= last; at += 2) {
    const [top, end, page, pageBytes, executeData] = [0, 2, 4, 6, 8].map((word) => image.pointerAt(at + word)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    if (pages.get(page)?.end !== end || top < page + STACK_HEADER || top > end) continue;
    if (executeData === 0 || image.at(executeData) >= 0) yield { page, pageBytes, executeData };
  }
}

function runningPage(image: MemoryImage): number {
  const { symbols, engine } = image.header;
  return image.pointer((symbols['executor_globals'] ?? 0) + engine.eg.vmStack);
}
