import { Disassembler } from './disassembly.js';
import { openElf } from './elf.js';
import type { ElfFile } from './elf.js';
import { findEntrySite } from './entry-site.js';
import { nameOfMapped } from './mapped-file.js';
import { readMaps } from './maps.js';
import type { Mapped } from './maps.js';

/**
 * Functions that libraries of coroutines call before a coroutine is left for another one, while EG still is that of the
 * one to leave: swoole::PHPCoroutine::on_yield(void *) and on_resume(void *) of Swoole (ext-src/swoole_coroutine.cc, 4.4
 * to 6.2; both are handed out as pointers, so that they are never inlined), and the same of OpenSwoole 22 and later.
 */
const SWITCHES = [
  '_ZN6swoole12PHPCoroutine8on_yieldEPv',
  '_ZN6swoole12PHPCoroutine9on_resumeEPv',
  '_ZN10openswoole12PHPCoroutine8on_yieldEPv',
  '_ZN10openswoole12PHPCoroutine9on_resumeEPv',
];

/** The places of one mapped file at which a context is about to be left. */
export interface SwitchSites {
  /** Opens the very file that is mapped. */
  readonly file: string;
  /** Its name as the process has it. */
  readonly fileName: string;
  readonly fileOffsets: readonly number[];
}

/**
 * Looks through what a process has mapped, PHP itself included, for libraries of coroutines, whatever their files are
 * called. A file that cannot be read is taken to have none: contexts are told apart without these places, only that a
 * loop may be found to be over later. @throws PhptraceError where the process is gone or forbidden
 */
export function findSwitchSites(pid: number): SwitchSites[] {
  const byName = new Map<string, [Mapped, ...Mapped[]]>();
  const maps = readMaps(pid).filter(({ path }) => path.startsWith('/'));
  for (const mapped of maps) {
    const others = byName.get(mapped.path);
    if (others === undefined) byName.set(mapped.path, [mapped]);
    else others.push(mapped);
  }
  const withCode = [...byName].filter(([, mappings]) => mappings.some(({ executable }) => executable));
  return withCode.flatMap(([fileName, mappings]) => {
    const file = nameOfMapped(pid, mappings);
    const fileOffsets = sitesIn(file);
    return fileOffsets.length === 0 ? [] : [{ file, fileName, fileOffsets }];
  });
}

function sitesIn(file: string): number[] {
  let elf: ElfFile | undefined;
  try {
    elf = openElf(file);
    return mentionsSwitch(elf) ? entriesOf(elf) : [];
  } catch {
    return [];
  } finally {
    elf?.close();
  }
}

/** A look at the names alone: most files have none of them, and their symbols need not be read. */
function mentionsSwitch(elf: ElfFile): boolean {
  const strings = elf.section('.dynstr');
  if (strings === undefined) return false;
  const bytes = Buffer.from(elf.sectionBytes(strings).buffer);
  return SWITCHES.some((name) => bytes.includes(name));
}

function entriesOf(elf: ElfFile): number[] {
  const disassembler = new Disassembler(elf);
  try {
    return SWITCHES.filter((name) => elf.symbol(name) !== undefined).map((name) =>
      elf.fileOffset(findEntrySite(disassembler, name).address),
    );
  } finally {
    disassembler.free();
  }
}
