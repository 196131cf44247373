import { PhptraceError } from '../errors.js';
import type { ElfFile } from './elf.js';

const MARK = Buffer.from('X-Powered-By: PHP/');
/** Long enough for `8.2.36-1+ubuntu22.04.1+deb.sury.org+1`. */
const LONGEST_VERSION = 64;
const BLOCK_BYTES = 1 << 20;

/**
 * The version of PHP that a binary contains, without a distribution's suffix: `8.2.36`. It stands in the header that
 * every SAPI sends (main/main.c, SAPI_PHP_VERSION_HEADER), a constant in `.rodata`.
 *
 * @throws PhptraceError where the header is not there: not PHP.
 */
export function detectVersion(elf: ElfFile): string {
  const section = elf.section('.rodata');
  const sizeBytes = section?.sizeBytes ?? 0;
  for (let offset = 0; section !== undefined && offset < sizeBytes; offset += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES + MARK.length + LONGEST_VERSION, sizeBytes - offset);
    const bytes = Buffer.from(elf.sectionBytes(section, offset, length));
    const at = bytes.indexOf(MARK);
    if (at < 0) continue;
    const text = bytes.toString('latin1', at + MARK.length, at + MARK.length + LONGEST_VERSION);
    const version = /^\d+\.\d+\.\d+/.exec(text)?.[0];
    if (version !== undefined) return version;
  }
  throw new PhptraceError(`${elf.name} contains no PHP: it has no "X-Powered-By: PHP/" header`);
}
