import { PhptraceError } from '../errors.js';
import type { ByteView } from './byte-view.js';

/** Segment types (p_type, elf.h). */
export const SegmentType = { load: 1, note: 4, ehFrame: 0x6474e550 } as const;

/** Section types (sh_type, elf.h). */
export const SectionType = { symbols: 2, noBits: 8, dynamicSymbols: 11 } as const;

export interface SegmentHeader {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

export interface SectionHeader {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly sizeBytes: number;
  /** Number of another section: a symbol table's string table. */
  readonly link: number;
}

export interface ElfHeaders {
  readonly isPie: boolean;
  readonly segments: readonly SegmentHeader[];
  readonly sections: readonly SectionHeader[];
}

/** Reads `length` bytes of the file; throws PhptraceError that names `field` where the file is shorter. */
export type ReadAt = (offset: number, length: number, field: string) => ByteView;

const ELF_HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SECTION_BYTES = 64;
const MAGIC = 0x464c457f;
const CLASS64 = 2;
const LITTLE_ENDIAN = 1;
const X86_64 = 62;
const EXECUTABLE = 2;
const SHARED = 3;

/**
 * Decodes the ELF, program and section headers (System V ABI, AMD64).
 *
 * @throws PhptraceError where the file is not an x86-64 ELF executable or library, is truncated, or has no section
 * headers (which only `sstrip` removes).
 */
export function readHeaders(path: string, read: ReadAt): ElfHeaders {
  const header = read(0, ELF_HEADER_BYTES, 'ELF header');
  if (header.u32(0, 'e_ident magic') !== MAGIC) throw foreign(path, 'it does not begin with the ELF magic');
  if (header.u8(4, 'EI_CLASS') !== CLASS64) throw foreign(path, 'it is not a 64-bit ELF file');
  if (header.u8(5, 'EI_DATA') !== LITTLE_ENDIAN) throw foreign(path, 'it is not little-endian');
  const machine = header.u16(18, 'e_machine');
  if (machine !== X86_64) throw foreign(path, `its e_machine is ${machine}, and only x86-64 (62) is supported`);
  const type = header.u16(16, 'e_type');
  if (type !== EXECUTABLE && type !== SHARED) throw foreign(path, `its e_type is ${type}: no program and no library`);
  return { isPie: type === SHARED, segments: readSegments(header, read), sections: readSections(path, header, read) };
}

function foreign(path: string, why: string): PhptraceError {
  return new PhptraceError(`cannot read ${path} as a PHP binary: ${why}`);
}

function readSegments(header: ByteView, read: ReadAt): SegmentHeader[] {
  const count = header.u16(56, 'e_phnum');
  const entryBytes = entrySize(header, header.u16(54, 'e_phentsize'), SEGMENT_BYTES, count, 'e_phentsize');
  const table = read(header.u64(32, 'e_phoff'), count * entryBytes, 'program headers');
  return Array.from({ length: count }, (_, index) => {
    const at = index * entryBytes;
    return {
      type: table.u32(at, 'p_type'),
      offset: table.u64(at + 8, 'p_offset'),
      address: table.u64(at + 16, 'p_vaddr'),
      fileBytes: table.u64(at + 32, 'p_filesz'),
      memoryBytes: table.u64(at + 40, 'p_memsz'),
    };
  });
}

function readSections(path: string, header: ByteView, read: ReadAt): SectionHeader[] {
  const count = header.u16(60, 'e_shnum');
  if (count === 0) {
    throw new PhptraceError(`${path} has no section headers (sstrip?): use the distribution's own PHP binary`);
  }
  const entryBytes = entrySize(header, header.u16(58, 'e_shentsize'), SECTION_BYTES, count, 'e_shentsize');
  const table = read(header.u64(40, 'e_shoff'), count * entryBytes, 'section headers');
  const namesAt = header.u16(62, 'e_shstrndx') * entryBytes;
  const names = read(table.u64(namesAt + 24, 'sh_offset'), table.u64(namesAt + 32, 'sh_size'), 'section names');
  return Array.from({ length: count }, (_, index) => {
    const at = index * entryBytes;
    return {
      name: names.cString(table.u32(at, 'sh_name'), `name of section ${index}`),
      type: table.u32(at + 4, 'sh_type'),
      flags: table.u64(at + 8, 'sh_flags'),
      address: table.u64(at + 16, 'sh_addr'),
      offset: table.u64(at + 24, 'sh_offset'),
      sizeBytes: table.u64(at + 32, 'sh_size'),
      link: table.u32(at + 40, 'sh_link'),
    };
  });
}

function entrySize(header: ByteView, actual: number, expected: number, count: number, field: string): number {
  if (actual === expected || count === 0) return expected;
  throw new PhptraceError(`${header.what}: ${field} is ${actual} and not ${expected}: the file is damaged`);
}
