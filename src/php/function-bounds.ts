import { PhptraceError } from '../errors.js';
import type { ByteView } from './byte-view.js';
import type { FunctionBounds } from './code-image.js';

/** Where executable bytes lie: a function without a successor ends where its section does. */
export interface CodeRange {
  readonly start: number;
  readonly end: number;
}

/** DW_EH_PE encodings (LSB core, exception frames): unsigned 4 bytes; signed 4 bytes relative to the header. */
const UDATA4 = 0x03;
const DATAREL_SDATA4 = 0x3b;
const HEADER_BYTES = 12;
const ENTRY_BYTES = 8;

/**
 * The start address of every function, static ones and `.cold` parts too, sorted: the binary search table of
 * `.eh_frame_hdr`, which stripped binaries keep because C++ and unwinders need it.
 *
 * @param hdr the section's bytes; @param address the section's virtual address, the base of the table's entries.
 * @throws PhptraceError where the table is truncated, encoded otherwise, or not sorted.
 */
export function functionStarts(hdr: ByteView, address: number): Float64Array {
  const version = hdr.u8(0, '.eh_frame_hdr version');
  const countEncoding = hdr.u8(2, '.eh_frame_hdr fde_count_enc');
  const tableEncoding = hdr.u8(3, '.eh_frame_hdr table_enc');
  if (version !== 1 || countEncoding !== UDATA4 || tableEncoding !== DATAREL_SDATA4) {
    throw new PhptraceError(
      `${hdr.what}: .eh_frame_hdr has version ${version}, encodings ${countEncoding} and ${tableEncoding}, ` +
        `and only 1, 3 and 59 are understood: the binary's functions cannot be told apart`,
    );
  }
  const count = hdr.u32(8, '.eh_frame_hdr fde_count');
  hdr.slice(HEADER_BYTES, count * ENTRY_BYTES, '.eh_frame_hdr table');
  const starts = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const start = address + hdr.i32(HEADER_BYTES + index * ENTRY_BYTES, `.eh_frame_hdr entry ${index}`);
    if (index > 0 && start < (starts[index - 1] ?? 0)) {
      throw new PhptraceError(`${hdr.what}: .eh_frame_hdr entry ${index} is not sorted: the file is damaged`);
    }
    starts[index] = start;
  }
  return starts;
}

/**
 * The function that holds `address`: from the last start at or below it to the next start, or to the end of the
 * section. Undefined where no function begins in the section before `address`.
 */
export function functionBounds(
  starts: Float64Array,
  ranges: readonly CodeRange[],
  address: number,
): FunctionBounds | undefined {
  const range = ranges.find(({ start, end }) => address >= start && address < end);
  const index = lastAtOrBelow(starts, address);
  const start = starts[index];
  if (range === undefined || start === undefined || start < range.start) return undefined;
  return { start, end: Math.min(starts[index + 1] ?? range.end, range.end) };
}

function lastAtOrBelow(starts: Float64Array, address: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? Infinity) <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
