import { PhptraceError } from '../errors.js';
import type { ElfFile } from './elf.js';

const VERSION = { mark: 'X-Powered-By: PHP/', rest: /^\d+\.\d+\.\d+/ } as const;
/** ZEND_MODULE_BUILD_ID (Zend/zend_modules.h, Zend/zend_build.h): `API20220829,NTS,debug`. */
const DEBUG_BUILD = { mark: 'TS,debug', rest: /^\0/ } as const;
/** Long enough for `8.2.36-1+ubuntu22.04.1+deb.sury.org+1`. */
const LONGEST_REST = 64;
const BLOCK_BYTES = 1 << 20;

/**
 * The version of PHP that a binary contains, without a distribution's suffix: `8.2.36`. It stands in the header that
 * every SAPI sends (main/main.c, SAPI_PHP_VERSION_HEADER), a constant in `.rodata`.
 *
 * @throws PhptraceError where the header is not there: not PHP; and for a debug build.
 */
export function detectVersion(elf: ElfFile): string {
  const version = findConstant(elf, VERSION);
  if (version === undefined) {
    throw new PhptraceError(`${elf.name} contains no PHP: it has no "${VERSION.mark}" header`);
  }
  // These lack the functions for one size each that other builds have, so that only few files are looked through.
  if (elf.symbol('_emalloc_8') === undefined && findConstant(elf, DEBUG_BUILD) !== undefined) {
    throw new PhptraceError(
      `${elf.name} is a debug build of PHP (--enable-debug), whose allocator puts records of its own into each block: ` +
        'use a PHP that was built without that',
    );
  }
  return version;
}

/** What follows a text in `.rodata`, as far as `rest` matches; undefined where there is none. */
function findConstant(
  elf: ElfFile,
  { mark, rest }: { readonly mark: string; readonly rest: RegExp },
): string | undefined {
  const section = elf.section('.rodata');
  const sizeBytes = section?.sizeBytes ?? 0;
  for (let offset = 0; section !== undefined && offset < sizeBytes; offset += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES + mark.length + LONGEST_REST, sizeBytes - offset);
    const bytes = Buffer.from(elf.sectionBytes(section, offset, length));
    const at = bytes.indexOf(mark);
    if (at < 0) continue;
    const found = rest.exec(bytes.toString('latin1', at + mark.length, at + mark.length + LONGEST_REST))?.[0];
    if (found !== undefined) return found;
  }
  return undefined;
}
