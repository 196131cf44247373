import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_HOOKS } from '../bpf/abi.js';
import { PhptraceError } from '../errors.js';
import type { TraceObserver, TraceOptions } from '../options.js';
import { processState, resumeProcess } from '../php/process.js';
import { decodeEvent } from '../trace/events.js';
import type { EventSink, ProcessChange, SiteNamed } from '../trace/events.js';
import { Ledger } from '../trace/ledger.js';
import type { Counters, EndRecord, LoopRecord, TraceRecord } from '../trace/records.js';
import { SiteRegistry } from '../trace/site-registry.js';
import type { ChosenLoop } from './auto-loop.js';
import { callUnderWay } from './call-under-way.js';
import { placeHook } from './placed-hook.js';
import type { Boundary } from './placed-hook.js';
import { probeProcess, unprobe } from './probed-process.js';
import type { ProbedProcess } from './probed-process.js';
import { scriptProbes } from './probes.js';
import type { Target } from './target.js';
import { WaitingHooks } from './waiting-hooks.js';
import type { WantedHook } from './waiting-hooks.js';

/** Records handled before the event loop has its turn. */
const BATCH = 200_000;
const IDLE_POLL_MS = 4;
/** How often what is not in the ring is looked at: hooks that wait, the clock, the process. */
const SURVEY_MS = 100;
const PROGRESS_MS = 1000;

/** Everything of TraceOptions that a session needs, with its defaults filled in. */
export type SessionOptions = Required<
  Pick<TraceOptions, 'warmup' | 'maxLoops' | 'durationSeconds' | 'ringBytes' | 'links' | 'boundary'>
> & {
  readonly signal: AbortSignal;
  readonly observer: TraceObserver;
  /** Gets each record as it is made. */
  readonly emit: (record: TraceRecord) => void;
  /** True for a process of ours: it may be stopped for a moment where a hook's code is first met. */
  readonly mayStop: boolean;
};

/**
 * One exact trace of one process: reads the ring, keeps the books, places hooks as their code appears, and ends with
 * an end record. Whatever happens, the probes are off when `finish` has returned.
 */
export class Session implements EventSink {
  private readonly probed: ProbedProcess;
  private readonly ledger: Ledger;
  private readonly registry: SiteRegistry;
  private readonly waiting: WaitingHooks;
  private readonly hooks: WantedHook[] = [];
  private readonly settled: number[] = [];
  private readonly notes: string[] = [];
  private forks = 0;
  private ended: { reason: string; conclusive: boolean } | undefined;
  private choosing: string | undefined;

  /** Attaches. @throws PhptraceError; then nothing stays attached */
  constructor(
    private readonly target: Target,
    private readonly options: SessionOptions,
    wanted: readonly WantedHook[],
  ) {
    if (wanted.length > MAX_HOOKS) {
      throw new PhptraceError(`${String(wanted.length)} --loop: there can be ${String(MAX_HOOKS)} at once`);
    }
    this.waiting = new WaitingHooks(target, wanted);
    const probes = options.mayStop ? [...target.probes, ...scriptProbes(target.process.elf)] : target.probes;
    this.probed = probeProcess(target, probes, options.ringBytes, options.links);
    this.registry = new SiteRegistry(options.emit, (site) => {
      this.probed.object.wantPaths(site);
    });
    this.ledger = new Ledger({
      emit: (record) => {
        this.settle(record);
      },
      hooks: Math.max(wanted.length, 1),
      onSurvivor: (site) => {
        this.registry.want(site);
      },
    });
  }

  /** Places what can be placed now, and says what is waited for. @throws PhptraceError where a hook cannot be placed */
  placeHooks(): void {
    for (const { hook, boundary } of this.waiting.takeResolved()) this.place(hook, boundary);
    for (const loop of this.waiting.names) {
      this.note(`waiting for ${loop}: the process has not compiled or run such code yet`);
    }
    this.watchForStops();
  }

  /** The loop is still being chosen while the trace runs; a trace that ends before has none. */
  awaitHook(choice: Promise<ChosenLoop>): void {
    this.choosing = 'cannot tell what the loop is: the program ended too soon: name it with --loop';
    choice.then(
      (hook) => {
        this.choosing = undefined;
        if (!this.ended) this.place(hook, hook.boundary);
      },
      (error: unknown) => {
        const isGone = processState(this.target.process.pid) === undefined;
        if (error instanceof PhptraceError && !isGone) this.choosing = error.message;
        this.end('no loop was found', false);
      },
    );
  }

  /** Follows the process until something ends the trace. Returns after the last record is read. */
  async follow(): Promise<void> {
    const { signal, durationSeconds } = this.options;
    const deadline = performance.now() + durationSeconds * 1000;
    let [surveyed, told] = [0, performance.now()];
    while (!this.ended) {
      const count = this.read();
      const now = performance.now();
      if (now - surveyed >= SURVEY_MS || (this.options.mayStop && this.waiting.names.length > 0)) {
        surveyed = now;
        this.survey();
      }
      if (now - told >= PROGRESS_MS) {
        told = now;
        this.options.observer.progress?.(Math.max(0, ...this.settled), this.ledger.counters.events);
      }
      if (signal.aborted) this.end('interrupted', true);
      else if (now >= deadline) this.end(`${String(durationSeconds)} s are over`, true);
      if (count < BATCH) await sleep(count === 0 ? IDLE_POLL_MS : 1);
    }
  }

  /** Takes the probes off and returns the end record. @throws PhptraceError where no hook ever had a place */
  async finish(): Promise<EndRecord> {
    await unprobe(this.probed, () => {
      this.read();
      this.countInKernel();
    });
    const missing = [...this.waiting.explain(), ...(this.choosing === undefined ? [] : [this.choosing])];
    if (this.hooks.length === 0) throw new PhptraceError(missing.join('; '));
    if (this.forks > 0) {
      this.notes.push(`the process forked ${String(this.forks)} times: its children were not traced`);
    }
    return {
      type: 'end',
      reason: this.ended?.reason ?? 'given up',
      conclusive: this.ended?.conclusive ?? false,
      counters: this.counters(),
      loopsSeen: this.hooks.map((_, hook) => this.ledger.loopsSeen[hook] ?? 0),
      notes: [...this.notes, ...missing],
      ...(this.hooks.some(({ loop }) => loop === 'none') ? { alive: this.ledger.alive() } : {}),
    };
  }

  alloc(address: number, sizeBytes: number, site: number, path: number, hook: number): void {
    this.ledger.alloc(address, sizeBytes, this.registry.site(site), this.registry.path(path), hook);
  }

  free(address: number, sizeBytes: number, site: number): void {
    this.ledger.free(address, sizeBytes, this.registry.site(site));
  }

  realloc(
    oldAddress: number,
    oldSizeBytes: number,
    address: number,
    sizeBytes: number,
    site: number,
    path: number,
    hook: number,
  ): void {
    const [ourSite, ourPath] = [this.registry.site(site), this.registry.path(path)];
    this.ledger.realloc(oldAddress, oldSizeBytes, address, sizeBytes, ourSite, ourPath, hook);
  }

  loop(hook: number, heapSize: number, _frame: number, timeNs: number): void {
    this.ledger.boundary(hook, heapSize, timeNs);
  }

  reset(): void {
    // zend_mm_shutdown leaves a heap that holds nothing.
    this.ledger.reset(0);
  }

  site(named: SiteNamed): void {
    this.registry.name(named);
    for (const { hook, boundary } of this.waiting.takeSeen(named)) this.place(hook, boundary);
  }

  path(path: number, sites: readonly number[], truncated: boolean): void {
    this.registry.namePath(path, sites, truncated);
  }

  process(change: ProcessChange): void {
    if (change === 'fork') this.forks++;
    else if (change === 'exec') this.end('the process executed another program', true);
    else this.end('the process exited', true);
  }

  private readonly decode = (words: Int32Array, at: number, lengthBytes: number): void => {
    if (!this.ended) decodeEvent(words, at, lengthBytes, this);
  };

  private read(): number {
    return this.probed.object.ring.read(this.decode, BATCH);
  }

  private survey(): void {
    const { pid } = this.target.process;
    // Before the hooks: a process that stops while they are looked for is let go at the next survey, with them in place.
    const state = processState(pid);
    for (const { hook, boundary } of this.waiting.takeResolved()) this.place(hook, boundary);
    if (state === undefined || state === 'Z') {
      while (this.read() > 0);
      this.end('the process exited', true);
    }
    if (state === 'T' && this.options.mayStop) resumeProcess(pid);
  }

  private settle(record: LoopRecord): void {
    this.options.emit(record);
    this.settled[record.hook] = (this.settled[record.hook] ?? 0) + 1;
    const enough = this.options.warmup + this.options.maxLoops;
    const isEnough =
      this.waiting.names.length === 0 &&
      this.choosing === undefined &&
      this.hooks.every((_, hook) => (this.settled[hook] ?? 0) >= enough);
    if (isEnough) this.end(`${String(this.options.maxLoops)} loops`, true);
  }

  private place(wanted: WantedHook, boundary: Boundary): void {
    const hook = this.hooks.length;
    const { target, options, probed } = this;
    const context = { target, object: probed.object, links: probed.links, boundary: options.boundary };
    // Before the hook is there: what it sees itself must not be begun a second time.
    const call = options.mayStop ? callUnderWay(target, boundary) : undefined;
    const placed = placeHook(context, hook, boundary);
    probed.attachments.push(...placed.attachments);
    this.hooks.push(wanted);
    const { loop, evidence } = wanted;
    options.emit({
      type: 'hook',
      hook,
      loop,
      boundary: placed.boundary,
      ...(evidence === undefined ? {} : { evidence }),
    });
    this.note(`loop: ${loop}, by ${placed.boundary}${evidence === undefined ? '' : `: ${evidence}`}`);
    if (placed.note !== undefined) this.note(placed.note);
    if (call) {
      // A process of ours was stopped in the first call: that is call 0, and the next one is recorded.
      probed.object.beginLoop(hook, call.frame, call.func, call.vmStackPage);
      this.ledger.boundary(hook, call.heapSize, 0);
    }
    this.watchForStops();
  }

  /** Has a process of ours stopped where a hook that waits is first met, so that its second call is not missed. */
  private watchForStops(): void {
    if (!this.options.mayStop) return;
    const recognised = this.waiting.recognised;
    this.probed.object.stopAtExecute(recognised.length > 0);
    for (let hook = 0; hook < MAX_HOOKS; hook++) {
      const { name, line } = recognised[hook] ?? { name: '', line: 0 };
      this.probed.object.stopAtFunction(hook, name, line);
    }
  }

  private note(sentence: string): void {
    this.options.observer.note?.(sentence);
  }

  private end(reason: string, conclusive: boolean): void {
    this.ended ??= { reason, conclusive };
  }

  private kernelCounters: ReturnType<ProbedProcess['object']['readCounters']> | undefined;

  private countInKernel(): void {
    const counters = this.probed.object.readCounters();
    this.kernelCounters = counters;
    this.options.observer.debug?.('counted in the kernel', counters);
    if (counters.customHeap > 0) {
      this.notes.push(
        `${String(counters.customHeap)} calls went to another allocator than PHP's own and were not seen`,
      );
    }
    if (counters.unresolved > 0) {
      this.notes.push(`${String(counters.unresolved)} allocations had no result: PHP ran out of memory_limit?`);
    }
    if (counters.unforgotten > 0) {
      this.notes.push(`${String(counters.unforgotten)} freed functions were too long to forget: lines may be mistaken`);
    }
    this.hooks.forEach(({ loop }, hook) => {
      const nested = this.probed.object.nestedCalls(hook);
      if (nested > 0)
        this.notes.push(`${loop} called itself ${String(nested)} times: such calls are part of their loop`);
    });
  }

  private counters(): Counters {
    const kernel = this.kernelCounters;
    return {
      ...this.ledger.counters,
      droppedEvents: kernel?.dropped ?? 0,
      unreadFrames: kernel?.unreadFrames ?? 0,
      unresolved: kernel?.unresolved ?? 0,
    };
  }
}
