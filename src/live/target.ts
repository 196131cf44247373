import { BIN_SLOTS, SIZE8_SLOTS } from '../bpf/abi.js';
import type { Probe } from '../bpf/links.js';
import type { Knobs } from '../bpf/trace-object.js';
import { PhptraceError } from '../errors.js';
import { BIN_SIZES, MAX_SMALL_SIZE, binOfSize } from '../php/bins.js';
import { BuildCache } from '../php/build-cache.js';
import { deriveBuild } from '../php/build.js';
import type { PhpBuild } from '../php/build.js';
import { deriveStructures } from '../php/derive-structures.js';
import type { DerivedStructures } from '../php/derive-structures.js';
import { Disassembler } from '../php/disassembly.js';
import type { ElfFile } from '../php/elf.js';
import type { EngineLayout } from '../php/engine-layout.js';
import type { Engine } from '../php/functions.js';
import { findGlobals } from '../php/globals.js';
import type { Globals } from '../php/globals.js';
import type { HeapLayout } from '../php/heap-layout.js';
import type { OplinePlace } from '../php/opline-place.js';
import type { ProbeSites } from '../php/probe-sites.js';
import { sharesKernelPids } from '../php/namespaces.js';
import { detectVersion } from '../php/php-version.js';
import { UnreadablePhp, openPhpProcess } from '../php/process.js';
import type { PhpProcess } from '../php/process.js';
import { proveStructures } from '../php/prove-structures.js';
import type { StructureCheck } from '../php/prove-structures.js';
import { StructureMemory } from '../php/structure-memory.js';
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
   * Where the engine keeps what a snapshot follows: derived at the first call, in about 0.2 s, and proven in the process.
   * @throws PhptraceError where it is not known, or the process contradicts it
   */
  structures(): ProvenStructures;
}

/** How a target is opened. */
export interface Opening {
  /** False: what there is to derive of the binary is derived afresh and not kept. */
  readonly cache: boolean;
  /** Detail for `-v`. */
  readonly debug?: ((message: string) => void) | undefined;
}

/** @throws PhptraceError where the process or its build cannot be traced, with the reason */
export function openTarget(pid: number, opening: Opening = { cache: false }): Target {
  const process = openPhpProcess(pid);
  const { elf, memory } = process;
  try {
    const build = buildOf(elf, opening);
    const { version, sites, heap, layout, oplineIn } = build;
    const globals = findGlobals(process, build);
    const engine = { memory, layout, executorGlobals: globals.executorGlobals };
    const probes = allocatorProbes(sites, elf);
    let proven: ProvenStructures | undefined;
    const structures = (): ProvenStructures => {
      checkRequest({ process, heap, globals });
      return (proven ??= provenStructures(process, globals, engine));
    };
    return { process, version, sites, heap, layout, oplineIn, globals, engine, probes, structures };
  } catch (error) {
    elf.close();
    throw error;
  }
}

export interface ProvenStructures extends DerivedStructures {
  readonly memory: StructureMemory;
  /** What the process confirmed. */
  readonly checks: readonly StructureCheck[];
}

/**
 * Workers of one master have the same binary at the same addresses, and their globals too. What is derived is proven in
 * each of them.
 */
function derivedOnce({ elf, loadBias }: PhpProcess, globals: Globals, layout: EngineLayout): DerivedStructures {
  const derive = (): DerivedStructures => deriveStructures(elf, layout, (place) => globals.at(place));
  const id = elf.buildId();
  if (id === undefined) return derive();
  const key = `${id} ${String(loadBias)} ${String(globals.executorGlobals)}`;
  let derived = DERIVED.get(key);
  if (!derived) DERIVED.set(key, (derived = derive()));
  return derived;
}

const DERIVED = new Map<string, DerivedStructures>();

function provenStructures(process: PhpProcess, globals: Globals, engine: Engine): ProvenStructures {
  const derived = derivedOnce(process, globals, engine.layout);
  const memory = new StructureMemory(engine, derived.structures, globals);
  return { ...derived, memory, checks: proveStructures(memory) };
}

/** What is derived of a binary. @throws PhptraceError that names what could not be proven */
export function buildOf(elf: ElfFile, opening: Opening): PhpBuild {
  return opening.cache ? cachedBuild(elf, opening) : deriveAfresh(elf);
}

function cachedBuild(elf: ElfFile, { debug }: Opening): PhpBuild {
  const cache = new BuildCache((sentence) => debug?.(sentence));
  const known = cache.read(elf);
  if (known !== undefined) {
    debug?.(`the layout of ${elf.name} was derived before`);
    return known;
  }
  const build = deriveAfresh(elf);
  cache.write(elf, build);
  return build;
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

/** Between requests the engine's tables are gone. @throws PhptraceError where no request is under way */
function checkRequest(owner: HeapOwner): void {
  const found = readHeap(owner);
  if (found && found.sizeBytes >= VM_STACK_BYTES) return;
  throw new PhptraceError(
    `process ${String(owner.process.pid)} has no request under way, and between requests its heap is empty: look at it ` +
      'while it answers one',
  );
}

/** The thread whose PHP is looked at: a watchpoint is a thread's own. */
export function followedThread({ process, globals }: Target): number {
  return globals.thread?.tid ?? process.pid;
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
    thread: followedInKernel(target),
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
    minBinSize: heap.minBinSize,
    binSize: [...BIN_SIZES, ...new Array<number>(BIN_SLOTS - BIN_SIZES.length).fill(0)],
    binOfSize8: Uint8Array.from({ length: SIZE8_SLOTS }, (_, size8) => bins[Math.min(size8 * 8, MAX_SMALL_SIZE)] ?? 0),
  };
}

/** 0 where all threads have the globals in common, or only one has any. @throws PhptraceError */
function followedInKernel({ process, globals: { thread } }: Target): number {
  if (thread === null) return 0;
  if (sharesKernelPids()) return thread.tid;
  if (thread.others === 0) return 0;
  throw new PhptraceError(
    `process ${String(process.pid)} runs PHP in several threads, which cannot be told apart from within a pid ` +
      'namespace: run phptrace on the host',
  );
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
