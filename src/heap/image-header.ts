import { findAutoloadTable } from '../php/autoload-table.js';
import type { EngineLayout } from '../php/engine-layout.js';
import { namedThread } from '../php/globals.js';
import type { Globals } from '../php/globals.js';
import type { HeapLayout } from '../php/heap-layout.js';
import { explainProc } from '../php/maps.js';
import { innerPid } from '../php/namespaces.js';
import { argumentsOf } from '../php/php-command.js';
import type { PhpProcess } from '../php/process.js';
import { dataAddress, readSapi } from '../php/process.js';
import type { Structures } from '../php/structures.js';
import { structuresOfThread, tableOfStructures } from '../php/thread-structures.js';
import { AUTOLOAD_TABLE, IMAGE_SCHEMA, THREAD_STRUCTURES } from './image.js';
import type { ImageHeader } from './image.js';

/** Data that PHP and its extensions export: globals, classes, what objects are recognised by. */
const EXPORTED =
  /_globals$|^[a-z]+_ce_|_class_entry$|^(module_registry|std_object_handlers|sapi_module|zend_autoload)$/;

/** What of a header is known before the copy. @throws PhptraceError where the process is gone */
export function describeProcess(
  process: PhpProcess,
  php: string,
  globals: Globals,
  layouts: { readonly heap: HeapLayout; readonly engine: EngineLayout; readonly structures: Structures },
) {
  const inner = innerPid(process.pid);
  const thread = namedThread(process.pid, globals);
  return {
    schema: IMAGE_SCHEMA,
    pid: process.pid,
    ...(inner === undefined ? {} : { innerPid: inner }),
    php,
    sapi: readSapi(process) ?? 'unknown',
    buildId: process.elf.buildId() ?? null,
    command: commandLine(process.pid),
    heap: withoutProofs(layouts.heap),
    engine: withoutProofs(layouts.engine),
    structures: layouts.structures,
    ...(thread === undefined ? {} : { thread }),
    ...(globals.thread === null ? {} : { otherPhpThreads: globals.thread.others }),
    ...namedData(process, globals, layouts.engine),
  } satisfies Partial<ImageHeader>;
}

function commandLine(pid: number): string {
  try {
    return argumentsOf(pid).join(' ');
  } catch (error) {
    throw explainProc(error, pid);
  }
}

function withoutProofs<T extends { readonly proofs: unknown }>({ proofs, ...rest }: T): Omit<T, 'proofs'> {
  void proofs;
  return rest;
}

type NamedData = Pick<ImageHeader, 'symbols' | 'symbolBytes'>;

/** Exported data, and what is found in the code of PHP's functions. */
function namedData(process: PhpProcess, globals: Globals, engine: EngineLayout): NamedData {
  const { executorGlobals: executor_globals, compilerGlobals: compiler_globals } = globals;
  const { symbols: exported, symbolBytes } = withThread(exportedData(process), process, globals.thread);
  const symbols = { ...exported, executor_globals, compiler_globals };
  const autoloaders = findAutoloadTable(process, engine, globals);
  if (autoloaders === undefined) return { symbols, symbolBytes };
  return {
    symbols: { ...symbols, [AUTOLOAD_TABLE]: autoloaders },
    symbolBytes: { ...symbolBytes, [AUTOLOAD_TABLE]: 8 },
  };
}

/** A thread-safe build exports no structures of globals: they are the thread's. */
function withThread({ symbols, symbolBytes }: NamedData, process: PhpProcess, thread: Globals['thread']): NamedData {
  if (thread === null) return { symbols, symbolBytes };
  const structures = [...structuresOfThread(process, thread)];
  return {
    symbols: {
      ...symbols,
      ...Object.fromEntries(structures.map(([name, { address }]) => [name, address])),
      [THREAD_STRUCTURES]: tableOfStructures(process, thread),
    },
    symbolBytes: {
      ...symbolBytes,
      ...Object.fromEntries(structures.map(([name, { sizeBytes }]) => [name, sizeBytes])),
    },
  };
}

function exportedData(php: PhpProcess): NamedData {
  const names = php.elf.symbolNames().filter((name) => EXPORTED.test(name));
  const entries = (value: (name: string) => number | undefined): [string, number][] =>
    names.flatMap((name) => {
      const found = value(name);
      return found === undefined ? [] : [[name, found]];
    });
  return {
    symbols: Object.fromEntries(entries((name) => dataAddress(php, name))),
    symbolBytes: Object.fromEntries(entries((name) => php.elf.symbol(name)?.sizeBytes)),
  };
}
