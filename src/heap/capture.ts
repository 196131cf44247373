import { PhptraceError } from '../errors.js';
import { wayToRights } from '../native/capabilities.js';
import { copyRanges } from '../native/copy-ranges.js';
import { Pages, SystemCallError, pauseMs } from '../native/libc.js';
import type { FunctionBounds } from '../php/code-image.js';
import type { EngineLayout } from '../php/engine-layout.js';
import type { Globals } from '../php/globals.js';
import type { ProbeSites } from '../php/probe-sites.js';
import type { HeapLayout } from '../php/heap-layout.js';
import { goneProcess } from '../php/memory.js';
import { PAGE_BYTES } from '../native/page.js';
import { Pagemap } from '../php/pagemap.js';
import { findPhpThreads } from '../php/php-threads.js';
import type { PhpProcess } from '../php/process.js';
import { stopProcess } from '../php/stopped-process.js';
import type { StoppedProcess, StoppedThread } from '../php/stopped-process.js';
import type { Structures } from '../php/structures.js';
import { planCopy } from './copy-plan.js';
import type { CopyPlan } from './copy-plan.js';
import { readHeapExtent } from './heap-extent.js';
import type { HeapExtent } from './heap-extent.js';
import { describeProcess } from './image-header.js';
import { MemoryImage } from './image.js';
import type { ImageHeader } from './image.js';
import { isCollecting } from './collector.js';
import { isInsideAllocator } from './inside-allocator.js';

/** A process and what was derived of its PHP. */
export interface CaptureTarget {
  readonly process: PhpProcess;
  readonly version: string;
  readonly sites: ProbeSites;
  readonly heap: HeapLayout;
  readonly layout: EngineLayout;
  readonly globals: Globals;
  allocatorCode(): readonly FunctionBounds[];
}

export interface CaptureOptions {
  /** At most so much memory besides the PHP heap, bytes (1 GiB); what goes past it is named in the header. */
  readonly maxOtherBytes?: number;
  /** Called once the copy is complete, while the process still stands. What it takes is part of the pause. */
  readonly whileStopped?: () => void;
}

const MAX_OTHER_BYTES = 2 ** 30;
/** A program that does nothing but allocate is outside the allocator at every other try or so. */
const ALLOCATOR_TRIES = 50;
const TRY_AGAIN_MS = 0.5;
/** For so long it is waited for the end of a run of the cycle collector: it takes a tenth of a microsecond an object. */
const COLLECTOR_MS = 1000;
const COLLECTOR_AGAIN_MS = 5;
const LOOKS_AHEAD = 4;
/** What the heap may have grown between the look at it and the stop: an eighth and 32 MiB, doubled at each try. */
const SLACK = 1 / 8;
const SLACK_BYTES = 32 * 2 ** 20;
const SIZE_TRIES = 5;

/**
 * Copies the memory of a running PHP process: its heap, and what the roots of its data lie in. The process stands still
 * only for the copy (`pauseNs`), for which everything is prepared before, and goes on in any case.
 *
 * @throws PhptraceError where it cannot be stopped, has no heap, ends meanwhile, or this machine lacks the memory
 */
export function captureImage(target: CaptureTarget, structures: Structures, options: CaptureOptions = {}): MemoryImage {
  const pagemap = new Pagemap(target.process.pid);
  try {
    return new Capture(target, structures, options, pagemap).take();
  } finally {
    pagemap.close();
  }
}

/** What only the copy itself tells. */
type Taken = { readonly plan: CopyPlan } & Omit<ImageHeader, keyof ReturnType<typeof describeProcess>>;

class Capture {
  private readonly pid: number;
  private readonly known: ReturnType<typeof describeProcess>;
  private readonly code: readonly FunctionBounds[];

  constructor(
    private readonly target: CaptureTarget,
    structures: Structures,
    private readonly options: CaptureOptions,
    private readonly pagemap: Pagemap,
  ) {
    const { process, version, heap, layout, globals } = target;
    this.pid = process.pid;
    this.known = describeProcess(process, version, globals, { heap, engine: layout, structures });
    this.code = target.allocatorCode();
  }

  take(): MemoryImage {
    let pages = allocate(this.estimate(), 1);
    let taken: Taken;
    try {
      for (let tries = 1; ; tries++) {
        const outcome = this.tryIt(pages);
        if ('plan' in outcome) {
          taken = outcome;
          break;
        }
        if (tries === SIZE_TRIES) throw growsTooFast(this.pid, outcome.neededBytes);
        pages.unmap();
        pages = allocate(outcome.neededBytes, tries + 1);
      }
    } catch (error) {
      pages.unmap();
      throw error;
    }
    const { plan, ...header } = taken;
    return new MemoryImage({ ...this.known, ...header }, plan.segments, pages.toBuffer(plan.sizeBytes));
  }

  /**
   * One copy at a moment at which the heap is whole and the collector not at work, if there is one; or how much memory it
   * would take.
   */
  private tryIt(pages: Pages): Taken | { readonly neededBytes: number } {
    const { process } = this.target;
    const patience = performance.now() + COLLECTOR_MS;
    for (let tries = 1; ;) {
      const stopped = stopProcess(this.pid);
      let collects = false;
      try {
        collects = isCollecting(process.memory, this.known.structures.gcGlobals) && performance.now() < patience;
        if (!collects) {
          const insideAllocator = isInsideAllocator(this.owner(stopped), process, this.code);
          if (!insideAllocator || tries++ === ALLOCATOR_TRIES) return this.copyStopped(stopped, pages, insideAllocator);
        }
      } finally {
        stopped.release();
      }
      pauseMs(collects ? COLLECTOR_AGAIN_MS : TRY_AGAIN_MS);
    }
  }

  /** The thread whose heap is copied: only it uses that. @throws PhptraceError where it has ended */
  private owner({ threads }: StoppedProcess): StoppedThread {
    const tid = this.target.globals.thread?.tid ?? this.pid;
    const owner = threads.find((thread) => thread.tid === tid);
    if (owner) return owner;
    throw new PhptraceError(`thread ${String(tid)} of process ${String(this.pid)} has ended, and its heap is gone`);
  }

  private copyStopped(
    stopped: StoppedProcess,
    pages: Pages,
    insideAllocator: boolean,
  ): Taken | { readonly neededBytes: number } {
    const takenAt = new Date().toISOString();
    const plan = this.plan();
    if (plan.sizeBytes > pages.sizeBytes) return { neededBytes: plan.sizeBytes };
    const unreadable = this.copy(plan, pages);
    this.options.whileStopped?.();
    const pauseNs = stopped.release();
    return {
      plan,
      heapAddress: plan.heapAddress,
      takenAt,
      pauseNs,
      insideAllocator,
      threads: stopped.threads.map(({ tid, rsp, pointers }) => ({ tid, stackPointer: rsp, registers: pointers })),
      omitted: [...plan.omitted, ...unreadable],
    };
  }

  /**
   * Bytes that a copy would take now. The process runs, so what is read of it may make no sense: 0 then. Asked more than
   * once, because code that has run a few times is compiled when it counts.
   */
  private estimate(): number {
    let sizeBytes = 0;
    for (let look = 0; look < LOOKS_AHEAD; look++) {
      try {
        sizeBytes = Math.max(sizeBytes, this.plan().sizeBytes);
      } catch (error) {
        if (!(error instanceof PhptraceError)) throw error;
      }
    }
    return sizeBytes;
  }

  private plan(): CopyPlan {
    const { process, heap, globals } = this.target;
    const extent = readHeapExtent(process.memory, heap, globals.allocGlobals);
    const maxBytes = this.options.maxOtherBytes ?? MAX_OTHER_BYTES;
    const options = { maxBytes, phpFile: process.fileName };
    return planCopy(extent, this.pagemap, options, otherHeaps(this.target));
  }

  /** Returns what could not be read, for the header. */
  private copy(plan: CopyPlan, pages: Pages): MemoryImage['header']['omitted'] {
    const unreadable = new Map<string, number>();
    const note = (address: number, sizeBytes: number): void => {
      const segment = plan.segments.find((s) => address >= s.address && address < s.address + s.sizeBytes);
      if (segment?.kind !== 'memory') {
        throw new PhptraceError(
          `cannot read the PHP heap of process ${String(this.pid)} at 0x${address.toString(16)}: take another dump`,
        );
      }
      unreadable.set(segment.name, (unreadable.get(segment.name) ?? 0) + sizeBytes);
    };
    try {
      copyRanges(this.pid, plan.ranges, pages, note);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      throw error.errnoName === 'ESRCH' ? goneProcess(this.pid) : forbidden(this.pid, error);
    }
    return [...unreadable].map(([name, sizeBytes]) => ({ name, sizeBytes, why: 'the kernel cannot read it' }));
  }
}

/** The heaps of other threads: nothing in them refers to this one's. One that cannot be followed is copied with the rest. */
function otherHeaps({ process, sites, heap, globals: { thread, allocGlobals } }: CaptureTarget): HeapExtent[] {
  if (thread === null) return [];
  const others = findPhpThreads(process, sites).filter(({ tid }) => tid !== thread.tid);
  return others.flatMap(({ block }) => {
    try {
      return [readHeapExtent(process.memory, heap, allocGlobals - thread.block + block)];
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      return [];
    }
  });
}

/** Memory for so much and the slack. @throws PhptraceError */
function allocate(neededBytes: number, tries: number): Pages {
  const slack = (neededBytes * SLACK + SLACK_BYTES) * 2 ** (tries - 1);
  const sizeBytes = Math.ceil((neededBytes + slack) / PAGE_BYTES) * PAGE_BYTES;
  try {
    return Pages.map(sizeBytes);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    throw new PhptraceError(
      `this machine has no ${String(sizeBytes)} bytes of memory for a copy of the process's: ${error.message}: ` +
        'free some and try again',
    );
  }
}

function growsTooFast(pid: number, neededBytes: number): PhptraceError {
  return new PhptraceError(
    `the memory of process ${String(pid)} grows faster than room for a copy can be made (${String(neededBytes)} bytes ` +
      `at try ${String(SIZE_TRIES)}): try again when it is at rest`,
  );
}

function forbidden(pid: number, error: SystemCallError): PhptraceError {
  return new PhptraceError(
    `cannot read memory of process ${String(pid)}: ${error.errnoName}: ${wayToRights('CAP_SYS_PTRACE')}`,
  );
}
