import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PhptraceError } from '../errors.js';
import { ByteView } from './byte-view.js';
import type { CodeImage, CodeSymbol, FunctionBounds } from './code-image.js';
import { readHeaders, SegmentType, SectionType } from './elf-headers.js';
import type { ElfHeaders, SectionHeader } from './elf-headers.js';
import { readSlots, slotOfStub } from './elf-slots.js';
import { readSymbols } from './elf-symbols.js';
import { functionBounds, functionStarts } from './function-bounds.js';
import type { CodeRange } from './function-bounds.js';

const EXECUTABLE_SECTION = 0x4;
const NOTE_HEADER_BYTES = 12;
const NT_GNU_BUILD_ID = 3;
const STUB_BYTES = 16;

/** The file cannot be opened; what it is is not known then. */
export class UnreadableFile extends PhptraceError {
  readonly code: string;

  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(`cannot open ${path}: ${cause.message}: check the path and its permissions`);
    this.code = cause.code ?? 'unknown error';
  }
}

/**
 * Opens an ELF64 little-endian x86-64 executable or shared library. Reads the headers now, sections when they are
 * asked for, and never the whole file. The caller closes it.
 *
 * @throws UnreadableFile, and another PhptraceError where it is no such ELF file, or is truncated.
 */
export function openElf(path: string): ElfFile {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new UnreadableFile(path, error as NodeJS.ErrnoException);
  }
  try {
    return new ElfFile(path, fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** An open ELF file. Every address is a virtual address in the file; add the load bias for one in a process. */
export class ElfFile implements CodeImage {
  readonly headers: ElfHeaders;
  readonly #fd: number;
  readonly #sizeBytes: number;
  #symbols: ReadonlyMap<string, CodeSymbol> | undefined;
  #slots: ReadonlyMap<number, string> | undefined;
  #starts: Float64Array | undefined;
  #stubs: readonly { readonly start: number; readonly bytes: Uint8Array }[] | undefined;
  #code: readonly CodeRange[] | undefined;

  constructor(
    readonly name: string,
    fd: number,
  ) {
    this.#fd = fd;
    this.#sizeBytes = fstatSync(fd).size;
    this.headers = readHeaders(name, (offset, length, field) => this.#pread(offset, length, field));
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** True for shared libraries and for position-independent executables: addresses need a load bias. */
  get isPie(): boolean {
    return this.headers.isPie;
  }

  /** The symbol as `.dynsym` has it, else as `.symtab` has it, if it is defined in this file. */
  symbol(name: string): CodeSymbol | undefined {
    return this.#allSymbols().get(name);
  }

  slotSymbol(address: number): string | undefined {
    this.#slots ??= readSlots(this.headers.sections, (section) =>
      this.#pread(section.offset, section.sizeBytes, `section ${section.name}`),
    );
    return this.#slots.get(address);
  }

  stubSymbol(address: number): string | undefined {
    this.#stubs ??= this.headers.sections
      .filter(({ name, type }) => name.startsWith('.plt') && type !== SectionType.noBits)
      .map((section) => ({ start: section.address, bytes: this.sectionBytes(section) }));
    const table = this.#stubs.find(({ start, bytes }) => address >= start && address < start + bytes.length);
    if (table === undefined) return undefined;
    const at = address - table.start;
    const bytes = new ByteView(table.bytes.subarray(at, at + STUB_BYTES), this.name);
    const slot = slotOfStub(bytes, address);
    return slot === undefined ? undefined : this.slotSymbol(slot);
  }

  symbolNames(): string[] {
    return [...this.#allSymbols().keys()];
  }

  section(name: string): SectionHeader | undefined {
    return this.headers.sections.find((section) => section.name === name);
  }

  /** The bytes of a section, or of the part of it that begins at `offset`. */
  sectionBytes(section: SectionHeader, offset = 0, lengthBytes = section.sizeBytes - offset): Uint8Array {
    return this.#pread(section.offset + offset, lengthBytes, `section ${section.name}`).bytes;
  }

  /** The offset in the file of a virtual address, which is what a uprobe is given. Throws where no segment has it. */
  fileOffset(address: number): number {
    for (const { type, address: start, offset, fileBytes } of this.headers.segments) {
      if (type === SegmentType.load && address >= start && address < start + fileBytes) return offset + address - start;
    }
    throw new PhptraceError(`${this.name}: address 0x${address.toString(16)} is in no loaded segment of the file`);
  }

  /** The file's bytes at a virtual address. Throws PhptraceError where they are not all in one segment of the file. */
  read(address: number, lengthBytes: number): Uint8Array {
    const offset = this.fileOffset(address);
    if (lengthBytes > 0 && this.fileOffset(address + lengthBytes - 1) !== offset + lengthBytes - 1) {
      throw new PhptraceError(`${this.name}: ${lengthBytes} bytes at 0x${address.toString(16)} cross a segment's end`);
    }
    return this.#pread(offset, lengthBytes, `code at 0x${address.toString(16)}`).bytes;
  }

  /** Bounds by `.eh_frame_hdr`, so for static functions without symbols too. */
  bounds(address: number): FunctionBounds {
    this.#starts ??= this.#functionStarts();
    this.#code ??= this.#codeRanges();
    const found = functionBounds(this.#starts, this.#code, address);
    if (found !== undefined) return found;
    throw new PhptraceError(`${this.name}: no function of .eh_frame_hdr holds address 0x${address.toString(16)}`);
  }

  /** The sorted start addresses of all functions. */
  functionStarts(): Float64Array {
    return (this.#starts ??= this.#functionStarts());
  }

  /** The build id in lower-case hex, or undefined where the linker wrote none. */
  buildId(): string | undefined {
    for (const segment of this.headers.segments) {
      if (segment.type !== SegmentType.note) continue;
      const id = buildIdIn(this.#pread(segment.offset, segment.fileBytes, 'note segment'));
      if (id !== undefined) return id;
    }
    return undefined;
  }

  #functionStarts(): Float64Array {
    const segment = this.headers.segments.find(({ type }) => type === SegmentType.ehFrame);
    if (segment === undefined) {
      throw new PhptraceError(`${this.name} has no .eh_frame_hdr: its static functions cannot be told apart`);
    }
    return functionStarts(this.#pread(segment.offset, segment.fileBytes, '.eh_frame_hdr'), segment.address);
  }

  #codeRanges(): CodeRange[] {
    return this.headers.sections
      .filter(({ type, flags }) => type !== SectionType.noBits && (flags & EXECUTABLE_SECTION) !== 0)
      .map(({ address, sizeBytes }) => ({ start: address, end: address + sizeBytes }));
  }

  #allSymbols(): ReadonlyMap<string, CodeSymbol> {
    return (this.#symbols ??= readSymbols(this.name, this.headers.sections, (section) =>
      this.#pread(section.offset, section.sizeBytes, `section ${section.name}`),
    ));
  }

  #pread(offset: number, lengthBytes: number, field: string): ByteView {
    if (offset + lengthBytes > this.#sizeBytes) {
      throw new PhptraceError(
        `${this.name}: ${field} at offset ${offset} needs ${lengthBytes} bytes, ` +
          `and the file ends at ${this.#sizeBytes}: the file is truncated`,
      );
    }
    const bytes = new Uint8Array(lengthBytes);
    for (let done = 0; done < lengthBytes;) {
      const got = readSync(this.#fd, bytes, done, lengthBytes - done, offset + done);
      if (got === 0) throw new PhptraceError(`${this.name}: ${field} at offset ${offset + done}: the file shrank`);
      done += got;
    }
    return new ByteView(bytes, this.name, offset);
  }
}

function buildIdIn(notes: ByteView): string | undefined {
  for (let at = 0; at + NOTE_HEADER_BYTES <= notes.length;) {
    const nameBytes = notes.u32(at, 'note name size');
    const descriptionBytes = notes.u32(at + 4, 'note description size');
    const description = at + NOTE_HEADER_BYTES + roundUp4(nameBytes);
    if (notes.u32(at + 8, 'note type') === NT_GNU_BUILD_ID) {
      return Buffer.from(notes.slice(description, descriptionBytes, 'build id')).toString('hex');
    }
    at = description + roundUp4(descriptionBytes);
  }
  return undefined;
}

function roundUp4(bytes: number): number {
  return (bytes + 3) & ~3;
}
