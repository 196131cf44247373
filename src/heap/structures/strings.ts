import type { MemoryImage } from '../image.js';

/** Longest name that is read; whatever is longer is no name. */
const MOST_BYTES = 4096;

/** The text of the zend_string at an address; undefined where it was not copied or is absurdly long. */
export function readName(image: MemoryImage, address: number): string | undefined {
  if (address === 0) return undefined;
  const { len, val } = image.header.engine.zendString;
  const length = image.pointer(address + len);
  if (length > MOST_BYTES || image.at(address) < 0) return undefined;
  const bytes = image.bytes(address + val, length);
  return bytes.length === length ? Buffer.from(bytes).toString('utf8') : undefined;
}
