import { PhptraceError } from '../errors.js';
import type { ByteView } from './byte-view.js';
import type { CodeSymbol } from './code-image.js';
import { SectionType } from './elf-headers.js';
import type { SectionHeader } from './elf-headers.js';

const SYMBOL_BYTES = 24;
const UNDEFINED_SECTION = 0;

/**
 * The defined symbols by name. The dynamic table comes first: what it exports wins over a static namesake.
 *
 * @throws PhptraceError where a table is truncated, or there is none.
 */
export function readSymbols(
  path: string,
  sections: readonly SectionHeader[],
  read: (section: SectionHeader) => ByteView,
): Map<string, CodeSymbol> {
  const symbols = new Map<string, CodeSymbol>();
  const tables = [SectionType.dynamicSymbols, SectionType.symbols].flatMap((type) =>
    sections.filter((section) => section.type === type),
  );
  if (tables.length === 0) throw new PhptraceError(`${path} has no symbol table: use a PHP that is linked dynamically`);
  for (const table of tables) {
    const strings = sections[table.link];
    if (strings === undefined) {
      throw new PhptraceError(`${path}: sh_link of ${table.name} is ${table.link}: the file is damaged`);
    }
    addSymbols(symbols, read(table), read(strings), table.name);
  }
  return symbols;
}

function addSymbols(into: Map<string, CodeSymbol>, table: ByteView, strings: ByteView, section: string): void {
  for (let at = 0; at + SYMBOL_BYTES <= table.length; at += SYMBOL_BYTES) {
    if (table.u16(at + 6, 'st_shndx') === UNDEFINED_SECTION) continue;
    const name = strings.cString(table.u32(at, 'st_name'), `name of symbol ${at / SYMBOL_BYTES} in ${section}`);
    if (name === '' || into.has(name)) continue;
    into.set(name, { address: table.u64(at + 8, 'st_value'), sizeBytes: table.u64(at + 16, 'st_size') });
  }
}
