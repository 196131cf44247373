import { PhptraceError } from '../errors.js';
import { BPF_TRACE_UPROBE_MULTI } from '../native/kernel-links.js';
import { mapShared } from '../native/libc.js';
import type { Mapping } from '../native/libc.js';
import {
  closeObject,
  findMap,
  findProgram,
  globalsOf,
  mapFd,
  programFd,
  setExpectedAttachType,
  setMaxEntries,
} from '../native/libbpf.js';
import type { BpfObject, BpfProgram } from '../native/libbpf.js';
import {
  ASKED_ARRAY,
  ASKED_ARRAY_BYTES,
  CONTROL,
  COUNTERS,
  EXTENT,
  HOOK,
  HOOK_BYTES,
  KNOBS,
  MAX_ASKED_ARRAYS,
  MAX_HOOKS,
  MAX_SITES,
  WIDE_KNOBS,
} from './abi.js';
import type { Extent } from './abi.js';
import { writeFollowed } from './followed-thread.js';
import type { KernelThread } from './followed-thread.js';
import { loadObjectFile } from './object-file.js';
import { mapRing } from './ring.js';
import type { RingReader } from './ring.js';
import { PAGE_BYTES } from '../native/page.js';

/** Programs that are attached by uprobe, by their names in probes/trace.bpf.c. */
const UPROBE_PROGRAMS = [
  'on_site',
  'on_heap_reset',
  'on_destroy_op_array',
  'on_request_shutdown',
  'on_execute',
  'on_shutdown',
] as const;
export type UprobeProgram = (typeof UPROBE_PROGRAMS)[number];
export type ProgramName = UprobeProgram | 'on_watchpoint' | 'on_fork' | 'on_exec' | 'on_exit';

/** Values for struct knobs: 64-bit addresses, 32-bit offsets, and the two tables. */
export type Knobs = Readonly<Record<Exclude<keyof typeof KNOBS, 'binSize' | 'binOfSize8'>, number>> & {
  readonly binSize: readonly number[];
  readonly binOfSize8: Uint8Array;
};

/** The kernel allows more; an index of a 32-bit view of the doubled data must stay exact. */
const MOST_RING_BYTES = 1 << 30;

export type KernelCounters = Readonly<Record<keyof typeof COUNTERS, number>>;

/** The programs and maps of one trace, loaded in the kernel. Owns them until `close`. */
export class TraceObject {
  readonly ring: RingReader;
  private readonly hooks: DataView;
  private readonly counters: DataView;
  private readonly control: DataView;
  private readonly askedArrays: DataView;
  private readonly pathWanted: Uint32Array;
  private readonly mappings: Mapping[] = [];
  private readonly closeRing: () => void;

  private constructor(
    private readonly object: BpfObject,
    ringBytes: number,
  ) {
    this.hooks = this.mapGlobals('.data.hooks');
    this.counters = this.mapGlobals('.data.counters');
    this.control = this.mapGlobals('.data.control');
    this.askedArrays = this.mapGlobals('.data.arrays');
    const ring = mapRing(mapFd(findMap(object, 'ring')), ringBytes);
    this.ring = ring.reader;
    this.closeRing = () => {
      ring.close();
    };
    // The kernel rounds each value of an array map up to 8 bytes.
    this.pathWanted = new Uint32Array(this.mapArray('path_wanted', MAX_SITES * 8));
  }

  /**
   * Loads the programs with these knobs. @throws PhptraceError where the kernel refuses, with its reason
   */
  static load(knobs: Knobs, followed: KernelThread, options: { ringBytes: number; uprobeMulti: boolean }): TraceObject {
    checkRingSize(options.ringBytes);
    const object = loadObjectFile('trace.bpf.o', (opened) => {
      writeKnobs(new DataView(globalsOf(findMap(opened, '.rodata.knobs'))), knobs);
      writeFollowed(opened, followed);
      setMaxEntries(findMap(opened, 'ring'), options.ringBytes);
      if (!options.uprobeMulti) return;
      for (const name of UPROBE_PROGRAMS) setExpectedAttachType(findProgram(opened, name), BPF_TRACE_UPROBE_MULTI);
    });
    try {
      return new TraceObject(object, options.ringBytes);
    } catch (error) {
      closeObject(object);
      throw error;
    }
  }

  program(name: ProgramName): BpfProgram {
    return findProgram(this.object, name);
  }

  programFd(name: ProgramName): number {
    return programFd(this.program(name));
  }

  /** Places a hook, or takes it away with extent `off`. */
  setHook(hook: number, opline: number, extent: Extent): void {
    if (hook >= MAX_HOOKS) throw new RangeError(`hook ${String(hook)} of ${String(MAX_HOOKS)}`);
    const at = hook * HOOK_BYTES;
    this.hooks.setBigUint64(at + HOOK.opline, BigInt(opline), true);
    this.hooks.setUint32(at + HOOK.extent, EXTENT[extent], true);
  }

  /** The call that is under way is the hook's first loop. Only while the process stands still. */
  beginLoop(hook: number, frame: number, func: number, vmStackPage: number): void {
    const at = hook * HOOK_BYTES;
    this.hooks.setUint32(at + HOOK.begun, 1, true);
    this.hooks.setUint32(at + HOOK.loop, 1, true);
    this.hooks.setBigUint64(at + HOOK.sequence, 1n, true);
    this.hooks.setBigUint64(at + HOOK.func, BigInt(func), true);
    this.hooks.setBigUint64(at + HOOK.page, BigInt(vmStackPage), true);
    this.hooks.setBigUint64(at + HOOK.frame, BigInt(frame), true);
  }

  /** It is asked which lines make these arrays longer, at most MAX_ASKED_ARRAYS of them, and no others. */
  askForArrays(addresses: readonly number[]): void {
    if (addresses.length > MAX_ASKED_ARRAYS) throw new RangeError(`${String(addresses.length)} arrays`);
    for (let place = 0; place < MAX_ASKED_ARRAYS; place++) {
      const at = place * ASKED_ARRAY_BYTES;
      const address = BigInt(addresses[place] ?? 0);
      if (this.askedArrays.getBigUint64(at + ASKED_ARRAY.address, true) === address) continue;
      this.askedArrays.setBigUint64(at + ASKED_ARRAY.address, 0n, true);
      this.askedArrays.setUint32(at + ASKED_ARRAY.site, 0, true);
      this.askedArrays.setBigUint64(at + ASKED_ARRAY.address, address, true);
    }
  }

  /** Loops begin from now on: the hooks that can be placed are in place. */
  beginHooks(): void {
    this.control.setUint32(CONTROL.hooksReady, 1, true);
  }

  /** Code of opcache's JIT compiler may run: lines are told as it tells them. The programs see its beginning in `run`. */
  expectCompiledCode(): void {
    this.control.setUint32(CONTROL.hasCompiledCode, 1, true);
  }

  get hasCompiledCode(): boolean {
    return this.control.getUint32(CONTROL.hasCompiledCode, true) !== 0;
  }

  /** Loops that a hook has begun by now, also those whose events are not read yet. */
  loopsBegun(hook: number): number {
    return this.hooks.getUint32(hook * HOOK_BYTES + HOOK.begun, true);
  }

  /** Calls of a hook's function inside a loop of its own. */
  nestedCalls(hook: number): number {
    return this.hooks.getUint32(hook * HOOK_BYTES + HOOK.nested, true);
  }

  /** Time cuts the loops of hook 0 from now on. */
  setTick(periodMs: number): void {
    this.control.setBigUint64(CONTROL.tickNs, BigInt(periodMs) * 1_000_000n, true);
  }

  /** The process is stopped when a function of this name, or code of this line, is first seen; '' and 0 for neither. */
  stopAtFunction(hook: number, name: string, line: number): void {
    this.control.setUint32(CONTROL.stopName + 4 * hook, name === '' ? 0 : hashOfName(name), true);
    this.control.setUint32(CONTROL.stopLine + 4 * hook, line, true);
  }

  /** The process is stopped where a compiled script is about to run. */
  stopAtExecute(stop: boolean): void {
    this.control.setUint32(CONTROL.stopAtExecute, stop ? 1 : 0, true);
  }

  /** The process is stopped where its request is over, before anything that it made is taken down. */
  stopAtShutdown(stop: boolean): void {
    this.control.setUint32(CONTROL.stopAtShutdown, stop ? 1 : 0, true);
  }

  wantPaths(site: number): void {
    this.pathWanted[site * 2] = 1;
  }

  readCounters(): KernelCounters {
    const read = (offset: number): number => Number(this.counters.getBigUint64(offset, true));
    const counters: Record<string, number> = {};
    for (const [name, offset] of Object.entries(COUNTERS)) counters[name] = read(offset);
    return counters as Record<keyof typeof COUNTERS, number>;
  }

  close(): void {
    this.closeRing();
    for (const mapping of this.mappings) mapping.unmap();
    closeObject(this.object);
  }

  /** Each section is smaller than a page, the least that can be mapped. */
  private mapGlobals(section: string): DataView {
    return new DataView(this.mapArray(section, PAGE_BYTES));
  }

  private mapArray(name: string, lengthBytes: number): ArrayBuffer {
    const mapping = mapShared(mapFd(findMap(this.object, name)), lengthBytes, 0, true);
    this.mappings.push(mapping);
    return mapping.buffer;
  }
}

function checkRingSize(ringBytes: number): void {
  if (Number.isInteger(Math.log2(ringBytes)) && ringBytes >= PAGE_BYTES && ringBytes <= MOST_RING_BYTES) return;
  throw new PhptraceError(
    `a ring of ${String(ringBytes)} bytes cannot be: its size is a power of two from ${String(PAGE_BYTES)} to 1 GiB`,
  );
}

function writeKnobs(view: DataView, knobs: Knobs): void {
  for (const [name, offset] of Object.entries(KNOBS)) {
    if (name === 'binSize' || name === 'binOfSize8') continue;
    const value = knobs[name as keyof typeof knobs] as number;
    if (WIDE_KNOBS.includes(name)) view.setBigUint64(offset, BigInt(value), true);
    else view.setUint32(offset, value, true);
  }
  knobs.binSize.forEach((size, bin) => {
    view.setUint32(KNOBS.binSize + 4 * bin, size, true);
  });
  knobs.binOfSize8.forEach((bin, size8) => {
    view.setUint8(KNOBS.binOfSize8 + size8, bin);
  });
}

/** hash_of_name of probes/frames.bpf.h: FNV-1a of the first 64 bytes in lower case. */
function hashOfName(name: string): number {
  let hash = 2166136261;
  for (const byte of Buffer.from(name).subarray(0, 64)) {
    const lower = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    hash = Math.imul(hash ^ lower, 16777619);
  }
  return hash >>> 0;
}
