import { readFileSync, readlinkSync } from 'node:fs';
import { PhptraceError } from '../errors.js';
import { wayToRights } from '../native/capabilities.js';
import { UnreadableFile, openElf } from './elf.js';
import type { ElfFile } from './elf.js';
import { biasOf, nameOfMapped } from './mapped-file.js';
import { explainProc, readMaps } from './maps.js';
import type { Mapped } from './maps.js';
import { ProcessMemory } from './memory.js';
import { explainNoPhp } from './not-php.js';

/** The process runs something else: for a command that is being launched, not yet PHP. */
export class NotPhp extends PhptraceError {}

/** It is PHP, but one that cannot be read; `short` says why in a few words. */
export class UnreadablePhp extends PhptraceError {
  constructor(
    readonly short: string,
    message: string,
  ) {
    super(message);
  }
}

/** Opens a file that a process has mapped under this name; undefined for one that is none of ours to read. */
export type OpenMapped = (file: string, name: string) => ElfFile | undefined;

/** A process and the file of it that holds PHP's allocator. */
export interface PhpProcess {
  readonly pid: number;
  readonly memory: ProcessMemory;
  readonly elf: ElfFile;
  /** Opens the very file that is mapped, also when its name is gone or means another file. */
  readonly file: string;
  /** Its name as the process has it, for messages. */
  readonly fileName: string;
  /** What is added to an address of the ELF file to get one of the process. */
  readonly loadBias: number;
  /** Data of the library that the program itself has in its place (R_X86_64_COPY): addresses in the process, by symbol. */
  readonly copies: ReadonlyMap<string, number>;
  /** The range of the process's addresses in which this file's machine code lies; `end` is past it. */
  readonly code: { readonly start: number; readonly end: number };
}

/**
 * Finds PHP in a process: its executable, or a library (libphp). The caller closes `elf`.
 * @param open for who looks at many processes that share their files
 * @throws PhptraceError where there is no such process, no right to look, or no PHP in it
 */
export function openPhpProcess(pid: number, open: OpenMapped = openOwn): PhpProcess {
  const maps = readMaps(pid);
  const executable = executableName(pid);
  const candidates = [executable.mapped ?? '', ...libraries(maps, executable.name)];
  let stripped: string | undefined;
  let unread: PhptraceError | undefined;
  for (const name of candidates) {
    const [first, ...rest] = maps.filter(({ path }) => path === name);
    if (!first) continue;
    const mappings = [first, ...rest] as const;
    const file = name === executable.mapped ? `/proc/${String(pid)}/exe` : nameOfMapped(pid, mappings);
    let elf: ElfFile | undefined;
    try {
      elf = open(file, name);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      unread ??= unreadable(pid, name, error.code);
    }
    if (!elf) continue;
    if (elf.symbol('_emalloc') !== undefined && elf.symbol('zend_mm_get_heap') !== undefined) {
      const loadBias = biasOf(elf, mappings);
      const copies =
        name === executable.mapped ? new Map<string, number>() : copiesIn(pid, executable.mapped, maps, elf);
      const machineCode = mappings.filter((map) => map.executable);
      const code = { start: machineCode[0]?.start ?? 0, end: machineCode.at(-1)?.end ?? 0 };
      return { pid, memory: new ProcessMemory(pid), elf, file, fileName: name, loadBias, copies, code };
    }
    if (looksLikePhp(elf)) stripped = name;
    if (open === openOwn) elf.close();
  }
  if (stripped !== undefined) {
    throw new UnreadablePhp(
      'no symbols',
      `${stripped} of process ${String(pid)} is PHP without symbols (no _emalloc in .dynsym): use a php that exports ` +
        'them, as every distribution builds it',
    );
  }
  if (unread !== undefined) throw unread;
  throw new NotPhp(
    `process ${String(pid)} (${executable.name}) is not PHP that can be looked at: ` +
      explainNoPhp(executable.name, `/proc/${String(pid)}/exe`),
  );
}

/** Where a global variable of PHP lies in the process; undefined where PHP exports no such symbol. */
export function dataAddress({ elf, loadBias, copies }: PhpProcess, name: string): number | undefined {
  const symbol = elf.symbol(name);
  return symbol && (copies.get(name) ?? symbol.address + loadBias);
}

/**
 * Whether a process can have code of opcache's JIT compiler: it makes it in the memory that all of PHP's processes
 * share, and nothing else runs there.
 */
export function canRunCompiledCode(pid: number): boolean {
  return readMaps(pid).some(({ executable, shared }) => executable && shared);
}

/** The name of the SAPI as it calls itself: `cli`, `fpm-fcgi`. Undefined before PHP has started. */
export function readSapi(php: PhpProcess): string | undefined {
  const { elf, memory } = php;
  const symbol = elf.symbol('sapi_module');
  const at = dataAddress(php, 'sapi_module');
  if (!symbol || at === undefined) return undefined;
  try {
    // A struct whose first field is the name (main/SAPI.h); where it is only a pointer's size, a pointer to one.
    const name = memory.pointer(symbol.sizeBytes === 8 ? memory.pointer(at) : at);
    const bytes = new Uint8Array(memory.read(name, 32).buffer);
    const text = Buffer.from(bytes).toString('latin1');
    return /^[a-z0-9-]+(?=\0)/.exec(text)?.[0];
  } catch {
    return undefined;
  }
}

/** The state letter of /proc/<pid>/stat: `R`, `S`, `T`, `Z`; undefined where the process is gone. */
export function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2);
  } catch {
    return undefined;
  }
}

/** False for a process that has ended, also where nobody has asked for its exit code yet. */
export function isRunning(pid: number): boolean {
  const state = processState(pid);
  return state !== undefined && state !== 'Z';
}

/** Lets a stopped process go on; one that has gone needs nothing. */
export function resumeProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It ended meanwhile.
  }
}

function executableName(pid: number): { name: string; mapped: string | undefined } {
  try {
    const name = readlinkSync(`/proc/${String(pid)}/exe`);
    return { name: name.replace(/ \(deleted\)$/, ''), mapped: name };
  } catch (error) {
    throw explainProc(error, pid);
  }
}

/** A program that was linked to a library and uses its data has that data itself: all the library's code uses it there. */
function copiesIn(
  pid: number,
  name: string | undefined,
  maps: readonly Mapped[],
  library: ElfFile,
): Map<string, number> {
  const program = openOwn(`/proc/${String(pid)}/exe`);
  if (!program) return new Map();
  try {
    const exported = program.symbolNames().filter((symbol) => library.symbol(symbol) !== undefined);
    if (exported.length === 0) return new Map();
    const bias = biasOf(
      program,
      maps.filter(({ path }) => path === name),
    );
    return new Map(exported.map((symbol) => [symbol, (program.symbol(symbol)?.address ?? 0) + bias]));
  } finally {
    program.close();
  }
}

/** Mapped code files besides the executable; those that call themselves PHP first. */
function libraries(maps: readonly Mapped[], executable: string): string[] {
  const names = new Set(
    maps.filter(({ executable: code, path }) => code && path.startsWith('/')).map(({ path }) => path),
  );
  names.delete(executable);
  return [...names].sort((a, b) => Number(/php/.test(b)) - Number(/php/.test(a)));
}

/** Undefined for a file that is no ELF file. @throws UnreadableFile */
function openOwn(file: string): ElfFile | undefined {
  try {
    return openElf(file);
  } catch (error) {
    if (error instanceof UnreadableFile || !(error instanceof PhptraceError)) throw error;
    return undefined;
  }
}

/** A file that could be PHP: where no other is, it cannot be told what the process runs. */
function unreadable(pid: number, name: string, code: string): PhptraceError {
  const isForbidden = code === 'EACCES' || code === 'EPERM';
  const way = isForbidden ? wayToRights('CAP_DAC_READ_SEARCH', 'CAP_SYS_ADMIN') : 'its file system does not give it';
  return new PhptraceError(
    `cannot read ${name}, which process ${String(pid)} runs, to see whether it is PHP: ${code}: ${way}`,
  );
}

/** True for a binary that announces itself as PHP, whatever it exports. */
export function looksLikePhp(elf: ElfFile): boolean {
  const data = elf.section('.rodata');
  return data !== undefined && Buffer.from(elf.sectionBytes(data).buffer).includes('X-Powered-By: PHP/');
}
