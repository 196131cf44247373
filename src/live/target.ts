import { BIN_SLOTS, SIZE8_SLOTS } from '../bpf/abi.js';
import type { Probe } from '../bpf/links.js';
import type { KernelThread } from '../bpf/followed-thread.js';
import type { Knobs } from '../bpf/trace-object.js';
import { PhptraceError } from '../errors.js';
import { BIN_SIZES, MAX_SMALL_SIZE, binOfSize } from '../php/bins.js';
import { BuildCache } from '../php/build-cache.js';
import { deriveBuild, deriveForSnapshots } from '../php/build.js';
import type { PhpBuild, SnapshotBuild } from '../php/build.js';
import type { FunctionBounds } from '../php/code-image.js';
import { placeStructures } from '../php/derive-structures.js';
import type { DerivedOffsets, DerivedStructures } from '../php/derive-structures.js';
import { Disassembler } from '../php/disassembly.js';
import type { ElfFile } from '../php/elf.js';
import type { EngineLayout } from '../php/engine-layout.js';
import type { Engine } from '../php/functions.js';
import { findGlobals, globalsOfAll, namedThread } from '../php/globals.js';
import type { Globals } from '../php/globals.js';
import type { HeapLayout } from '../php/heap-layout.js';
import type { OplinePlace } from '../php/opline-place.js';
import type { ProbeSites } from '../php/probe-sites.js';
import { innerTid, pidNamespace, sharesKernelPids } from '../php/namespaces.js';
import { findPhpThreads } from '../php/php-threads.js';
import { detectVersion } from '../php/php-version.js';
import { UnreadablePhp, openPhpProcess } from '../php/process.js';
import type { PhpProcess } from '../php/process.js';
import { proveStructures } from '../php/prove-structures.js';
import type { StructureCheck } from '../php/prove-structures.js';
import { StructureMemory } from '../php/structure-memory.js';
import { NUM_OF_ELEMENTS } from '../php/table-numbers.js';
import { namedProcess } from '../report/named-pid.js';
import { allocatorProbes } from './probes.js';

/** A process, its build of PHP, and everything that was derived of it. Close it with `elf.close()`. */
export interface Target {
  readonly process: PhpProcess;
  readonly version: string;
  readonly sites: ProbeSites;
  readonly heap: HeapLayout;
  readonly layout: EngineLayout;
  readonly oplineIn: OplinePlace;
  readonly globals: Globals;
  readonly engine: Engine;
  readonly probes: readonly Probe[];
  /**
   * Where the engine keeps what a snapshot follows: derived at the first call, in about 0.2 s where no earlier run has
   * done that, and proven in the process.
   * @throws PhptraceError where it is not known, or the process contradicts it
   */
  structures(): ProvenStructures;
  /** The functions inside of which the heap may be half changed, likewise. */
  allocatorCode(): readonly FunctionBounds[];
}

/** How a target is opened. */
export interface Opening {
  /** False: what there is to derive of the binary is derived afresh and not kept. */
  readonly cache: boolean;
  /** Detail for `-v`. */
  readonly debug?: ((message: string) => void) | undefined;
  /** Of a thread-safe PHP that runs in several threads: the id of the one that is meant. */
  readonly thread?: number | undefined;
}

/**
 * A process, or one thread of it.
 * @throws SeveralThreads where several run PHP and none is named, PhptraceError where the process or its build cannot be
 * traced, with the reason
 */
export function openTarget(pid: number, opening: Opening = { cache: false }): Target {
  return open(pid, opening, (process, build) =>
    targetOf(process, build, findGlobals(process, build, opening.thread), opening),
  );
}

/**
 * One for each thread that runs PHP, the main thread's first: for the process where all have it in common. They have one
 * `elf` between them. @throws PhptraceError as `openTarget`
 */
export function openTargets(pid: number, opening: Opening): [Target, ...Target[]] {
  return open(pid, opening, (process, build) => {
    const [first, ...rest] = globalsOfAll(process, build);
    const of = (globals: Globals): Target => targetOf(process, build, globals, opening);
    return [of(first), ...rest.map(of)];
  });
}

function open<Opened>(pid: number, opening: Opening, of: (process: PhpProcess, build: PhpBuild) => Opened): Opened {
  const process = openPhpProcess(pid);
  try {
    return of(process, buildOf(process.elf, opening));
  } catch (error) {
    process.elf.close();
    throw error;
  }
}

function targetOf(process: PhpProcess, build: PhpBuild, globals: Globals, opening: Opening): Target {
  const { version, sites, heap, layout, oplineIn } = build;
  const engine = { memory: process.memory, layout, executorGlobals: globals.executorGlobals };
  const probes = allocatorProbes(sites, process.elf);
  let proven: ProvenStructures | undefined;
  const structures = (): ProvenStructures => {
    checkRequest({ process, heap, globals });
    return (proven ??= provenStructures(derivedOnce(process, build, opening).offsets, globals, engine));
  };
  const allocatorCode = (): readonly FunctionBounds[] => derivedOnce(process, build, opening).allocator;
  return { process, version, sites, heap, layout, oplineIn, globals, engine, probes, structures, allocatorCode };
}

export interface ProvenStructures extends DerivedStructures {
  readonly memory: StructureMemory;
  /** What the process confirmed. */
  readonly checks: readonly StructureCheck[];
}

/** Workers of one master have the same binary. What is derived is proven in each of them. */
function derivedOnce({ elf }: PhpProcess, build: PhpBuild, opening: Opening): SnapshotBuild {
  const id = elf.buildId();
  const known = build.forSnapshots ?? (id === undefined ? undefined : DERIVED.get(id));
  if (known !== undefined) return known;
  const forSnapshots = deriveForSnapshots(elf, build);
  if (id !== undefined) DERIVED.set(id, forSnapshots);
  if (opening.cache) cacheOf(opening).write(elf, { ...build, forSnapshots });
  return forSnapshots;
}

const DERIVED = new Map<string, SnapshotBuild>();

function provenStructures(offsets: DerivedOffsets, globals: Globals, engine: Engine): ProvenStructures {
  const derived = placeStructures(offsets, (place) => globals.at(place));
  const memory = new StructureMemory(engine, derived.structures, globals);
  return { ...derived, memory, checks: proveStructures(memory) };
}

/** What is derived of a binary. @throws PhptraceError that names what could not be proven */
export function buildOf(elf: ElfFile, opening: Opening): PhpBuild {
  return opening.cache ? cachedBuild(elf, opening) : deriveAfresh(elf);
}

function cachedBuild(elf: ElfFile, opening: Opening): PhpBuild {
  const cache = cacheOf(opening);
  const known = cache.read(elf);
  if (known !== undefined) {
    opening.debug?.(`the layout of ${elf.name} was derived before`);
    return known;
  }
  const build = deriveAfresh(elf);
  cache.write(elf, build);
  return build;
}

function cacheOf({ debug }: Opening): BuildCache {
  return new BuildCache((sentence) => debug?.(sentence));
}

function deriveAfresh(elf: ElfFile): PhpBuild {
  const disassembler = new Disassembler(elf);
  try {
    return deriveBuild(disassembler, detectVersion(elf));
  } finally {
    disassembler.free();
  }
}

/** A process, where its heap is, and where that keeps what. */
export type HeapOwner = Pick<Target, 'process' | 'heap' | 'globals'>;

/** The live heap as it stands, or undefined before PHP has made it. */
export function readHeap({
  process,
  heap,
  globals,
}: HeapOwner): { address: number; sizeBytes: number; custom: boolean } | undefined {
  const { memory } = process;
  const address = memory.pointer(globals.allocGlobals);
  if (address === 0) return undefined;
  return {
    address,
    sizeBytes: memory.pointer(address + heap.size),
    custom: memory.uint32(address + heap.useCustomHeap) !== 0,
  };
}

const CHUNK_BYTES = 2 * 1024 * 1024;

/** The layout was derived from code; here the live heap confirms it. @throws PhptraceError where it does not */
export function checkHeap(target: HeapOwner): void {
  const { process, heap } = target;
  const found = readHeap(target);
  if (found === undefined) return;
  if (found.custom) {
    throw new UnreadablePhp(
      'other allocator',
      `process ${String(process.pid)} does not use PHP's own allocator (USE_ZEND_ALLOC=0 or an extension replaced ` +
        'it): start it without that to trace it',
    );
  }
  const mainChunk = process.memory.pointer(found.address + heap.mainChunk);
  if (mainChunk !== found.address - (found.address % CHUNK_BYTES)) {
    throw new UnreadablePhp(
      'unknown layout',
      `${process.fileName}: the heap at 0x${found.address.toString(16)} is not laid out as its code says (main_chunk ` +
        `is 0x${mainChunk.toString(16)}): this build of PHP is not supported yet; send the output of \`phptrace doctor\``,
    );
  }
}

/** Zend/zend_execute.c, ZEND_VM_STACK_PAGE_SIZE: the VM's stack lies in the heap from a request's first moment to its last. */
const VM_STACK_BYTES = 256 * 1024;

export function hasRequest(owner: HeapOwner): boolean {
  const found = readHeap(owner);
  return found !== undefined && found.sizeBytes >= VM_STACK_BYTES;
}

/** Between requests the engine's tables are gone. @throws PhptraceError where no request is under way */
function checkRequest(owner: HeapOwner): void {
  if (hasRequest(owner)) return;
  throw new PhptraceError(
    `${nameOf(owner)} has no request under way, and between requests its heap is empty: look at it ` +
      'while it answers one',
  );
}

/** The thread whose PHP is looked at: a watchpoint is a thread's own. */
export function followedThread({ process, globals }: Pick<Target, 'process' | 'globals'>): number {
  return globals.thread?.tid ?? process.pid;
}

/** `process 812`, `thread 814 of process 812`. */
export function nameOf({ process: { pid }, globals }: Pick<Target, 'process' | 'globals'>): string {
  return namedProcess({ pid, thread: namedThread(pid, globals) });
}

/** How many other threads of the process run PHP now; 0 of a build that is not thread-safe. @throws PhptraceError */
export function otherPhpThreads({ process, sites, globals: { thread } }: Target): number {
  return thread === null ? 0 : findPhpThreads(process, sites).filter(({ tid }) => tid !== thread.tid).length;
}

/** What the kernel programs are told of this process. */
export function knobsOf(target: Target): Knobs {
  const { process, heap, layout, oplineIn, globals } = target;
  const bins = binOfSize(heap.minBinSize);
  return {
    allocGlobals: globals.allocGlobals,
    executorGlobals: globals.executorGlobals,
    codeStart: process.code.start,
    codeEnd: process.code.end,
    pid: sharesKernelPids() ? process.pid : 0,
    oplineInFrame: oplineIn === 'frame' ? 1 : 0,
    egVmStackTop: vmStackTop(target),
    heapSize: heap.size,
    heapFreeSlot: heap.freeSlot,
    heapHugeList: heap.hugeList,
    chunkMap: heap.chunkMap,
    funcName: layout.func.functionName,
    funcScope: layout.func.scope,
    opArrayFilename: layout.opArray.filename,
    opArrayLineStart: layout.opArray.lineStart,
    opArrayOpcodes: layout.opArray.opcodes,
    opArrayLast: layout.opArray.last,
    opArrayRefcount: layout.opArray.refcount,
    className: layout.classEntry.name,
    zendOpSize: layout.zendOp.sizeBytes,
    zendOpLineno: layout.zendOp.lineno,
    zendStringVal: layout.zendString.val,
    tableElements: layout.hashTable.nNumUsed + NUM_OF_ELEMENTS,
    minBinSize: heap.minBinSize,
    binSize: [...BIN_SIZES, ...new Array<number>(BIN_SLOTS - BIN_SIZES.length).fill(0)],
    binOfSize8: Uint8Array.from({ length: SIZE8_SLOTS }, (_, size8) => bins[Math.min(size8 * 8, MAX_SMALL_SIZE)] ?? 0),
  };
}

/** The thread whose events count, as the kernel programs are told of it. @throws PhptraceError where it is gone */
export function kernelThread({ process, globals: { thread } }: Target): KernelThread {
  if (thread === null) return { thread: 0, namespaceDevice: 0n, namespaceInode: 0n };
  if (sharesKernelPids()) return { thread: thread.tid, namespaceDevice: 0n, namespaceInode: 0n };
  return { thread: innerTid(process.pid, thread.tid), ...pidNamespace(process.pid) };
}

/** The kernel programs read EG(vm_stack_top) to EG(current_execute_data) in one piece. */
function vmStackTop({ process, layout }: Target): number {
  const { vmStackTop: top, vmStackEnd, vmStack, currentExecuteData } = layout.eg;
  if (vmStackEnd !== top + 8 || vmStack !== top + 16 || currentExecuteData !== top + 32) {
    throw new PhptraceError(
      `${process.fileName}: EG(vm_stack_top) ${String(top)}, EG(vm_stack_end) ${String(vmStackEnd)}, EG(vm_stack) ` +
        `${String(vmStack)} and EG(current_execute_data) ${String(currentExecuteData)} do not follow each other as in ` +
        'every PHP known: this build is not supported yet',
    );
  }
  return top;
}
