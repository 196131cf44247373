import type { ByteView } from './byte-view.js';
import type { SectionHeader } from './elf-headers.js';

/** Relocation types of the x86-64 psABI that put the address of a symbol into a word. */
const ABSOLUTE = 1;
const GLOBAL_DATA = 6;
const JUMP_SLOT = 7;
const RELOCATION_SECTION = 4;
const RELOCATION_BYTES = 24;
const SYMBOL_BYTES = 24;

/**
 * The words into which the dynamic linker writes the address of a symbol (the global offset table), by their virtual
 * address. In a library exported functions call each other, and find exported variables, by way of them.
 *
 * @throws PhptraceError where a relocation section is truncated.
 */
export function readSlots(
  sections: readonly SectionHeader[],
  read: (section: SectionHeader) => ByteView,
): Map<number, string> {
  const slots = new Map<number, string>();
  for (const section of sections) {
    const symbols = section.type === RELOCATION_SECTION ? sections[section.link] : undefined;
    const strings = symbols === undefined ? undefined : sections[symbols.link];
    if (symbols === undefined || strings === undefined || symbols.sizeBytes === 0) continue;
    addSlots(slots, read(section), read(symbols), read(strings));
  }
  return slots;
}

function addSlots(slots: Map<number, string>, relocations: ByteView, symbols: ByteView, strings: ByteView): void {
  for (let at = 0; at + RELOCATION_BYTES <= relocations.length; at += RELOCATION_BYTES) {
    const type = relocations.u32(at + 8, 'relocation type');
    if (type !== ABSOLUTE && type !== GLOBAL_DATA && type !== JUMP_SLOT) continue;
    const symbol = relocations.u32(at + 12, 'relocation symbol') * SYMBOL_BYTES;
    const name = strings.cString(symbols.u32(symbol, 'st_name'), 'name of a relocated symbol');
    slots.set(relocations.u64(at, 'relocation offset'), name);
  }
}

/**
 * The slot that a stub of the procedure linkage table jumps by: `jmp [rip + n]`, after an `endbr64` and with a `bnd`
 * where the linker put them.
 */
export function slotOfStub(stub: ByteView, address: number): number | undefined {
  let at = 0;
  const startsWith = (...bytes: readonly number[]): boolean =>
    at + bytes.length <= stub.length && bytes.every((byte, index) => stub.bytes[at + index] === byte);
  if (startsWith(0xf3, 0x0f, 0x1e, 0xfa)) at += 4;
  if (startsWith(0xf2)) at += 1;
  if (!startsWith(0xff, 0x25) || at + 6 > stub.length) return undefined;
  return address + at + 6 + stub.i32(at + 2, 'displacement of a stub');
}
