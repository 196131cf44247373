import { setTimeout as sleep } from 'node:timers/promises';
import type { KernelCounters } from '../bpf/trace-object.js';
import { PhptraceError } from '../errors.js';
import { captureImage } from '../heap/capture.js';
import { wasCollecting } from '../heap/collector.js';
import type { Awaited } from '../leaks/awaited.js';
import type { TraceObserver, TraceOptions } from '../options.js';
import { isRunning, processState, readSapi, resumeProcess } from '../php/process.js';
import { namedProcess } from '../report/named-pid.js';
import { decodeEvent } from '../trace/events.js';
import type { ProcessChange } from '../trace/events.js';
import { COLLECTING } from '../report/snapshot-notes.js';
import { INTERRUPTED } from '../trace/records.js';
import type { EndRecord, LoopRecord, TraceRecord } from '../trace/records.js';
import type { ChosenLoop } from './auto-loop.js';
import type { CopiedProcess } from './held-blocks.js';
import { Ending } from './ending.js';
import type { LoopCourse } from './ending.js';
import { HookBoard, checkHooks } from './hook-board.js';
import { LoopTurns } from './loop-turns.js';
import { ArrayLines } from './array-lines.js';
import { ArrayWatch } from './array-watch.js';
import { OutsideWatch } from './outside-watch.js';
import { probeProcess, probeSwitches, unprobe } from './probed-process.js';
import type { ProbedProcess } from './probed-process.js';
import { scriptProbes } from './probes.js';
import { Recorder } from './recorder.js';
import { followedThread, otherPhpThreads } from './target.js';
import type { Target } from './target.js';
import type { WantedHook } from './waiting-hooks.js';

/** Records handled before the event loop has its turn. */
const BATCH = 200_000;
const IDLE_POLL_MS = 4;
/** How often what is not in the ring is looked at: hooks that wait, the clock, the process. */
const SURVEY_MS = 100;
/** For so long after the first loop `auto` waits for looks at arrays: there are none while no loop begins. */
const LOOKS_MS = 1000;
const PROGRESS_MS = 1000;

/** Everything of TraceOptions that a session needs, with its defaults filled in. */
export type SessionOptions = Required<
  Pick<TraceOptions, 'warmup' | 'maxLoops' | 'durationSeconds' | 'ringBytes' | 'links' | 'boundary'>
> & {
  /** With loops `auto`, where lines are not decided at the end of the duration; else the same as that. */
  readonly longSeconds: number;
  /** A loop that has had no turn for so long is not waited for, where others have had theirs. */
  readonly patienceSeconds: number;
  /** What loops `auto` still waits for, of the hooks that are waited for; undefined when all is told. */
  readonly awaited: (isAwaited?: (hook: number) => boolean) => Awaited | undefined;
  /** Whether another process that is traced at once has had its loops. */
  readonly othersAreDone: () => boolean;
  readonly signal: AbortSignal;
  readonly observer: TraceObserver;
  /** Gets each record as it is made. */
  readonly emit: (record: TraceRecord) => void;
  /** True for a process of ours: it may be stopped for a moment where a hook's code is first met. */
  readonly mayStop: boolean;
  /** Children are traced by sessions of their own. */
  readonly followsForks: boolean;
  /** Likewise other threads that run PHP. */
  readonly followsThreads: boolean;
  /** Whether to look what holds the memory. Asked when the trace is over: where nothing piles up nobody is stopped. */
  readonly wantsCopy: () => boolean;
  /** Asked at each survey: true has `reportNow` called, with a copy taken. */
  readonly wantsReport: () => boolean;
  readonly reportNow: (taken: Taken) => void;
};

/** A copy of the process's memory, absent where none was taken, and sentences that say why. */
export interface Taken {
  readonly copy?: CopiedProcess;
  readonly problems: readonly string[];
}

const NOT_TAKEN: Taken = { problems: [] };

/** None of the loops that were asked for had a place in the process. */
export class NoLoop extends PhptraceError {
  constructor(
    message: string,
    /** Whether the trace ended because the program did. */
    readonly isProgramOver: boolean,
  ) {
    super(message);
  }
}

/**
 * One exact trace of one process: reads the ring, has hooks placed as their code appears, and ends with an end record.
 * Whatever happens, the probes are off when `finish` has returned.
 */
export class Session {
  private readonly probed: ProbedProcess;
  private readonly recorder: Recorder;
  private readonly hooks: HookBoard;
  private readonly settled: number[] = [];
  private readonly ending: Ending;
  private readonly turns = new LoopTurns();
  private readonly outside: OutsideWatch;
  private readonly arrays: ArrayWatch;
  private readonly arrayLines: ArrayLines;
  private copy: CopiedProcess | undefined;
  /** What it did that took its memory away. */
  private gone: string | undefined;
  private isProgramOver = false;
  private knowsSapi = false;
  /** When the first loop was settled, ms. */
  private firstSettled: number | undefined;
  private forks = 0;
  private requests = 0;
  private ended: { reason: string; conclusive: boolean; kernel: KernelCounters } | undefined;
  /** What to say of a loop that is still being chosen when the trace ends. */
  private choosing: string | undefined;

  /** Attaches. @throws PhptraceError; then nothing stays attached */
  constructor(
    private readonly target: Target,
    private readonly options: SessionOptions,
    wanted: readonly WantedHook[],
  ) {
    checkHooks(wanted);
    this.ending = new Ending(options);
    const debug = (message: string): void => options.observer.debug?.(message);
    this.outside = new OutsideWatch(target, options.warmup, debug);
    const probes = options.mayStop ? [...target.probes, ...scriptProbes(target.process.elf)] : target.probes;
    this.probed = probeProcess(target, probes, options.ringBytes, options.links);
    const { object } = this.probed;
    this.arrayLines = new ArrayLines(target, this.probed, debug);
    this.arrays = new ArrayWatch(target, options.warmup, {
      lines: this.arrayLines,
      loopsBegun: () => this.hooks.inPlace.map((_, hook) => object.loopsBegun(hook)),
      readEvents: () => {
        const { end } = object.ring;
        while (object.ring.read(this.decode, BATCH, end) === BATCH);
      },
      blockAt: (address) => this.recorder.ledger.blockAt(address),
      debug,
    });
    this.recorder = new Recorder(Math.max(wanted.length, 1), {
      record: options.emit,
      settled: (record) => {
        this.countSettled(record);
      },
      wantPaths: (kernelSite) => {
        object.wantPaths(kernelSite);
      },
      metCode: (named) => {
        this.hooks.placeSeen(named);
      },
      changed: (change) => {
        this.noticeChange(change);
      },
      insert: (array, elements, by) => {
        this.arrayLines.called(array, elements, by);
      },
      requestEnded: () => {
        this.requests++;
        this.arrays.forgetAll();
      },
    });
    this.hooks = new HookBoard(target, this.probed, this.boardOptions(), wanted);
    while (this.read() === BATCH);
    this.recorder.open();
  }

  /** Places what can be placed now, and says what is waited for. @throws PhptraceError where a hook cannot be placed */
  placeHooks(): void {
    this.arrays.begin(performance.now());
    this.hooks.begin();
  }

  /** The loop is still being chosen while the trace runs; a trace that ends before has none. */
  awaitHook(choice: Promise<ChosenLoop>): void {
    this.choosing = 'cannot tell what the loop is: the program ended too soon: name it with --loop';
    choice
      .then((hook) => {
        if (this.ended) return;
        this.hooks.place(hook, hook.boundary);
        this.choosing = undefined;
      })
      .catch((error: unknown) => {
        const isGone = processState(followedThread(this.target)) === undefined;
        if (error instanceof PhptraceError && !isGone) this.choosing = error.message;
        this.end('no loop was found', false);
      });
  }

  /** Follows the process until something ends the trace. Returns after the last record is read. */
  async follow(): Promise<void> {
    const { signal, mayStop } = this.options;
    this.ending.begin(performance.now());
    this.turns.begin(performance.now());
    let [surveyed, told] = [0, performance.now()];
    while (!this.ended) {
      const count = this.read();
      const now = performance.now();
      if (now - surveyed >= SURVEY_MS || (mayStop && !this.hooks.isComplete)) {
        surveyed = now;
        if (count < BATCH) this.turns.look(now, this.recorder.ledger.loopsSeen);
        this.survey();
        if (!this.ended && this.options.wantsReport()) this.options.reportNow(this.takeCopy());
      }
      this.arrayLines.takeTurns(now);
      if (count < BATCH) this.lookBetweenEvents(now);
      if (now - told >= PROGRESS_MS) {
        told = now;
        this.options.observer.progress?.(
          Math.max(0, ...this.loopCourses().map(({ settled }) => settled - this.options.warmup)),
          this.recorder.ledger.counters.events,
          this.ending.awaits,
        );
      }
      if (signal.aborted) this.end(INTERRUPTED, true);
      else if (this.ending.isTimeOver(now)) this.end(this.ending.timeOver, true);
      if (count < BATCH) await sleep(count === 0 ? IDLE_POLL_MS : 1);
    }
  }

  /** Takes the probes off and returns the end record. @throws NoLoop where no hook ever had a place */
  async finish(): Promise<EndRecord> {
    let end: EndRecord | undefined;
    this.outside.close();
    this.recorder.settle();
    for (const record of this.arrays.finish()) this.options.emit(record);
    const { copy, problems } = this.hooks.inPlace.length === 0 ? NOT_TAKEN : this.takeCopy();
    this.copy = copy;
    this.arrays.close();
    this.arrayLines.close();
    await unprobe(this.probed, () => {
      end = this.endRecord();
    });
    const missing = this.hooks.explainMissing();
    if (!end || this.hooks.inPlace.length === 0) {
      const sentences = missing.map(({ loop, why }) => `--loop ${loop}: ${why}`);
      const why = [...sentences, ...(this.choosing === undefined ? [] : [this.choosing])].join('; ');
      throw new NoLoop(why, this.isProgramOver);
    }
    return { ...end, notes: [...end.notes, ...problems], ...(missing.length === 0 ? {} : { missing }) };
  }

  /** What outlived its loop, as it stood when the copy of the memory was taken; undefined where none was. */
  get copied(): CopiedProcess | undefined {
    return this.copy;
  }

  /**
   * Copies the process's memory and reads the events up to that moment, so that the table of blocks is the copy's. A
   * process that cannot be copied is no failure of the trace: the end record says why.
   */
  private takeCopy(): Taken {
    if (!this.options.wantsCopy()) return NOT_TAKEN;
    if (this.gone !== undefined || !isRunning(followedThread(this.target))) return { problems: [this.goneTooSoon()] };
    const { ring } = this.probed.object;
    try {
      let end = 0;
      const { structures } = this.target.structures();
      const image = captureImage(this.target, structures, {
        whileStopped: () => {
          end = ring.end;
        },
      });
      while (ring.read(this.decode, BATCH, end) === BATCH);
      const problems = wasCollecting(image) ? [COLLECTING] : [];
      return { copy: { image, ledger: this.recorder.ledger, arrays: this.arrays.addresses }, problems };
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      if (!isRunning(followedThread(this.target))) return { problems: [this.goneTooSoon()] };
      return { problems: [`what holds the memory was not looked at: ${error.message}`] };
    }
  }

  private goneTooSoon(): string {
    const { gone = this.exited } = this;
    return `${gone} before it could be looked at: what holds the lines' memory is not known`;
  }

  private readonly decode = (words: Int32Array, at: number, lengthBytes: number): void => {
    decodeEvent(words, at, lengthBytes, this.recorder);
  };

  private read(): number {
    return this.probed.object.ring.read(this.decode, BATCH);
  }

  /** Loops are counted up to now where all events are read. */
  private lookBetweenEvents(now: number): void {
    const seen = this.loopsSeen();
    const outside = this.outside.look(now, seen);
    if (outside) this.options.emit(outside);
    for (const record of this.arrays.look(now, seen)) this.options.emit(record);
  }

  /** By hook, of those in place. */
  private loopsSeen(): number[] {
    const seen = this.recorder.ledger.loopsSeen;
    return this.hooks.inPlace.map((_, hook) => seen[hook] ?? 0);
  }

  private survey(): void {
    const { pid } = this.target.process;
    // Before the hooks: a process that stops while they are looked for is let go at the next survey, with them in place.
    const state = processState(followedThread(this.target));
    this.hooks.placeResolved();
    if (state === undefined || state === 'Z') {
      while (this.read() > 0);
      this.endGone(this.exited);
    }
    this.endWhenSeen();
    if (!this.options.mayStop) return;
    if (!this.knowsSapi) this.stopAtItsEnd();
    if (state !== 'T') return;
    // It may stand where its end was told: then it is let go when its memory has been copied.
    while (this.read() > 0);
    if (this.ended) return;
    // A program that was just launched loads its extensions after it was probed.
    probeSwitches(this.target, this.probed);
    resumeProcess(pid);
  }

  /** Of a program of ours memory can be copied before it takes all down; a server goes on after each request. */
  private stopAtItsEnd(): void {
    const sapi = readSapi(this.target.process);
    if (sapi === undefined) return;
    this.knowsSapi = true;
    this.probed.object.stopAtShutdown(sapi === 'cli');
  }

  private countSettled({ hook }: LoopRecord): void {
    this.firstSettled ??= performance.now();
    this.settled[hook] = (this.settled[hook] ?? 0) + 1;
    this.endWhenSeen();
  }

  private endWhenSeen(): void {
    if (this.choosing !== undefined || this.looksTooSoon()) return;
    const reason = this.ending.reasonAfter(this.loopCourses());
    if (reason !== undefined) this.end(reason, true);
  }

  /** A thousand loops of some microseconds may be over before arrays were looked at: `auto` has time for that. */
  private looksTooSoon(): boolean {
    const { maxLoops } = this.options;
    const { firstSettled } = this;
    if (maxLoops !== 'auto' || firstSettled === undefined) return false;
    return this.arrays.needsLooks && performance.now() - firstSettled < LOOKS_MS;
  }

  private loopCourses(): LoopCourse[] {
    const { inPlace, waiting } = this.hooks;
    return [
      ...inPlace.map(({ loop }, hook) => {
        return { loop, hook, settled: this.settled[hook] ?? 0, idleMs: this.turns.idleMs(hook) };
      }),
      ...waiting.map((loop) => ({ loop, settled: 0, idleMs: this.turns.idleMs() })),
    ];
  }

  private noticeChange(change: ProcessChange): void {
    if (change === 'fork') this.forks++;
    else if (change === 'exec') this.endGone('the process executed another program');
    else if (change === 'shutdown') {
      this.isProgramOver = true;
      this.end('the program is over', true);
    } else this.endGone(this.exited);
  }

  private endGone(what: string): void {
    this.isProgramOver = true;
    this.gone ??= what;
    this.end(what, true);
  }

  private followed(): string {
    return namedProcess({ pid: this.target.process.pid, thread: followedThread(this.target) });
  }

  /** What is to be said of the end of the thread that is followed. The main one's is mostly that of the process. */
  private get exited(): string {
    const { pid } = this.target.process;
    return followedThread(this.target) !== pid && isRunning(pid) ? 'the thread ended' : 'the process exited';
  }

  /** Threads of the process that run PHP besides the one that is followed: now, or when it was chosen. */
  private others(): number {
    const before = this.target.globals.thread?.others ?? 0;
    try {
      return Math.max(before, otherPhpThreads(this.target));
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      // It has ended.
      return before;
    }
  }

  private boardOptions(): ConstructorParameters<typeof HookBoard>[2] {
    const { options } = this;
    return {
      boundary: options.boundary,
      mayStop: options.mayStop,
      record: (record) => {
        options.emit(record);
        this.arrays.begin(performance.now());
      },
      begun: (hook, heapSize) => {
        this.recorder.ledger.boundary(hook, heapSize, 0, 1, 0);
      },
      note: (sentence) => {
        options.observer.note?.(sentence);
      },
    };
  }

  /** The kernel's counters are read now: an allocation that the detaching cuts in two is no loss. */
  private end(reason: string, conclusive: boolean): void {
    if (this.ended) return;
    this.ended = { reason, conclusive, kernel: this.probed.object.readCounters() };
    this.recorder.settle();
  }

  private endRecord(): EndRecord {
    const { ledger } = this.recorder;
    const kernel = this.ended?.kernel ?? this.probed.object.readCounters();
    this.options.observer.debug?.('counted in the kernel', kernel);
    for (const file of this.probed.switching) this.options.observer.debug?.(`the coroutines of ${file} were followed`);
    const isWhole = this.hooks.inPlace.some(({ loop }) => loop === 'none');
    return {
      type: 'end',
      reason: this.ended?.reason ?? 'given up',
      conclusive: this.ended?.conclusive ?? false,
      counters: {
        ...ledger.counters,
        droppedEvents: kernel.dropped,
        unreadFrames: kernel.unreadFrames,
        unresolved: kernel.unresolved,
      },
      loopsSeen: this.loopsSeen(),
      notes: this.notes(kernel),
      ...(isWhole ? { alive: ledger.alive() } : {}),
    };
  }

  private notes({
    customHeap,
    unresolved,
    unforgotten,
    unkeptContexts,
  }: ReturnType<ProbedProcess['object']['readCounters']>): string[] {
    const counted: [number, string][] = [
      [customHeap, "calls went to another allocator than PHP's own and were not seen"],
      [unresolved, 'allocations had no result: PHP ran out of memory_limit?'],
      [unforgotten, 'freed functions were too long to forget: lines may be mistaken'],
      [unkeptContexts, 'times a fiber or coroutine could not be followed: what it allocates may be charged to no loop'],
      [
        this.recorder.ledger.givenUp,
        'loops were judged before they were over: fibers, coroutines or generators begun in them still wait',
      ],
      [this.options.followsForks ? 0 : this.forks, 'forks: children were not traced'],
      [
        this.options.followsThreads ? 0 : this.others(),
        `other threads of the process run PHP too and were not traced: this is ${this.followed()}`,
      ],
    ];
    const isCompiled = this.probed.object.hasCompiledCode && this.hooks.inPlace.length > 0;
    const compiled =
      "opcache's JIT is on, and calls of code that it has compiled may not be seen: a loop can be several calls, or " +
      'none is seen, and its lines may be those of the statement before (opcache.jit=disable; a --loop of request, none ' +
      'or symbol:NAME sees each)';
    const isCut = this.requests > 1 && this.hooks.inPlace.some(({ loop }) => isCode(loop));
    const cut = `${String(this.requests)} requests ended, and PHP drops their code unless opcache keeps it: use --loop request`;
    const said = counted.filter(([times]) => times > 0).map(([times, what]) => `${String(times)} ${what}`);
    const observed = [...this.hooks.explainNested(), ...this.hooks.explainStanding(this.recorder.ledger.loopsSeen)];
    return [...said, ...(isCompiled ? [compiled] : []), ...(isCut ? [cut] : []), ...observed];
  }
}

/** Whether a loop is PHP code: a function or a line of it. */
function isCode(loop: string): boolean {
  return loop !== 'request' && loop !== 'none' && !loop.startsWith('symbol:');
}
