import { EDGE } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import type { MemoryImage } from '../image.js';
import { forEachElement, looksLikeHashTable, visitHashTable } from '../structures/hash-table.js';
import { readName } from '../structures/strings.js';
import { ROOT_RANK } from './root-list.js';
import type { RootList } from './root-list.js';

/** Wrappers and filters of PHP's own, of which a program rarely takes all away. */
const WRAPPERS = ['php', 'file', 'data', 'glob', 'http'];
const FILTERS = ['string.rot13', 'string.toupper', 'string.tolower', 'convert.*', 'dechunk'];

/**
 * `stream wrapper 's3'`, `stream filter 'app.*'`: what stream_wrapper_register() and stream_filter_register() have made.
 * The variables that have the tables lie elsewhere in each version, so the tables are known by what they list: PHP's own
 * wrappers, PHP's own filters, and of the table of the program's filters every key is among the latter.
 */
export function addStreamRegistries(view: HeapView, roots: RootList): void {
  const ofFiles = tablesAt(view, 'file_globals');
  const wrappers = ofFiles.find(({ keys }) => WRAPPERS.some((name) => keys.has(name)));
  const filters = ofFiles.find(({ keys }) => FILTERS.some((name) => keys.has(name)));
  if (wrappers !== undefined) addEntries(view.image, wrappers.address, 'stream wrapper', roots);
  if (filters === undefined) return;
  addEntries(view.image, filters.address, 'stream filter', roots);
  const own = tablesAt(view, 'basic_globals').filter(({ keys }) => [...keys].every((name) => filters.keys.has(name)));
  for (const { address } of own) addEntries(view.image, address, 'stream filter', roots);
}

interface KeyedTable {
  readonly address: number;
  readonly keys: ReadonlySet<string>;
}

/** The tables to which variables of C with that symbol point, those with keys that are names. */
function tablesAt({ image, blocks }: HeapView, symbol: string): KeyedTable[] {
  const [first, sizeBytes] = [image.header.symbols[symbol], image.header.symbolBytes[symbol] ?? 0];
  if (first === undefined) return [];
  const tables: KeyedTable[] = [];
  for (let at = first; at < first + sizeBytes; at += 8) {
    const address = image.pointer(at);
    const node = blocks.findAt(address);
    const word = image.at(address);
    if (node === 0 || word !== blocks.words[node] || blocks.sizes8[node] !== TABLE_BYTES / 8) continue;
    if (!looksLikeHashTable(image, word)) continue;
    const keys = new Set<string>();
    forEachElement(image, word, (_, key) => keys.add(readName(image, key) ?? ''));
    if (keys.size > 0 && !keys.has('')) tables.push({ address, keys });
  }
  return tables;
}

/** sizeof(HashTable) (Zend/zend_types.h, 7.4 to 8.5). */
const TABLE_BYTES = 56;

function addEntries(image: MemoryImage, table: number, name: string, roots: RootList): void {
  const at = image.at(table);
  forEachElement(image, at, (element, key) => {
    const called = `${name} '${readName(image, key) ?? '?'}'`;
    // Sure, though of what is there only its place is known: PHP's own entries lie outside of the heap.
    roots.add(image.words[element]!, image.words[element + 1]!, NODE_KIND.unknown, ROOT_RANK.named, called, 0);
    roots.addAt(key, NODE_KIND.string, ROOT_RANK.named, called);
  });
  roots.addAt(table, NODE_KIND.internal, ROOT_RANK.named, `${name}s`);
  visitHashTable(
    image,
    at,
    roots.sink(ROOT_RANK.named, (named) => (named === EDGE.internal ? `${name}s` : undefined)),
  );
}
