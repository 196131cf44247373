import { MAX_HOOKS } from '../bpf/abi.js';
import { PhptraceError } from '../errors.js';
import type { SiteNamed } from '../trace/events.js';
import type { HookRecord, MissingHook } from '../trace/records.js';
import { callUnderWay } from './call-under-way.js';
import type { CallUnderWay } from './call-under-way.js';
import { placeHook } from './placed-hook.js';
import type { Boundary } from './placed-hook.js';
import type { ProbedProcess } from './probed-process.js';
import { standingCall } from './standing-call.js';
import type { Target } from './target.js';
import { WaitingHooks } from './waiting-hooks.js';
import type { WantedHook } from './waiting-hooks.js';

/** What a board is told to do, and tells. */
export interface BoardOptions {
  readonly boundary: 'auto' | 'watchpoint' | 'handler';
  /** True for a process of ours: it may be stopped for a moment where a hook's code is first met. */
  readonly mayStop: boolean;
  record(record: HookRecord): void;
  /** Call 0 of this hook was under way when it was placed. */
  begun(hook: number, heapSize: number): void;
  note(sentence: string): void;
}

/** The hooks of a trace: those in place, numbered in the order in which they got there, and those that wait. */
export class HookBoard {
  private readonly unplaced: WaitingHooks;
  private readonly placed: WantedHook[] = [];
  private readonly boundaries: Boundary[] = [];
  private readonly oplines = new Map<number, string>();
  /** Code that was met before `begin`: each is told once only. */
  private metBefore: SiteNamed[] | undefined = [];

  constructor(
    private readonly target: Target,
    private readonly probed: ProbedProcess,
    private readonly options: BoardOptions,
    wanted: readonly WantedHook[],
  ) {
    this.unplaced = new WaitingHooks(target, wanted);
  }

  /** The hooks in place, by number. */
  get inPlace(): readonly WantedHook[] {
    return this.placed;
  }

  get isComplete(): boolean {
    return this.unplaced.names.length === 0;
  }

  /** Places what can be placed now, and says what is waited for. @throws PhptraceError where a hook cannot be placed */
  begin(): void {
    const met = this.metBefore ?? [];
    this.metBefore = undefined;
    this.placeResolved();
    for (const named of met) this.placeSeen(named);
    this.probed.object.beginHooks();
    for (const sentence of this.unplaced.announce()) this.options.note(sentence);
    this.watchForStops();
  }

  /** Places hooks whose code the process has compiled by now. */
  placeResolved(): void {
    for (const { hook, boundary } of this.unplaced.takeResolved()) this.place(hook, boundary);
  }

  /** Places hooks that code just met turns out to be; not before `begin`, which places in the order given. */
  placeSeen(named: SiteNamed): void {
    if (this.metBefore) {
      this.metBefore.push(named);
      return;
    }
    for (const { hook, boundary } of this.unplaced.takeSeen(named)) this.place(hook, boundary);
  }

  place(wanted: WantedHook, boundary: Boundary): void {
    const hook = this.placed.length;
    const { target, options, probed } = this;
    const twin = boundary.kind === 'opline' ? this.oplines.get(boundary.opline) : undefined;
    if (twin !== undefined) {
      options.note(`${wanted.loop} is the same code as ${twin}: they are one loop`);
      return;
    }
    const context = { target, object: probed.object, links: probed.links, boundary: options.boundary };
    // Before the hook is there: what it sees itself must not be begun a second time.
    const call = options.mayStop ? callUnderWay(target, boundary) : undefined;
    const placed = placeHook(context, hook, boundary);
    probed.attachments.push(...placed.attachments);
    this.placed.push(wanted);
    this.boundaries.push(boundary);
    const { loop, evidence } = wanted;
    if (boundary.kind === 'opline') {
      this.oplines.set(boundary.opline, loop);
      if (boundary.isTurn) options.note(`${loop} begins with a loop: each turn of it counts as a loop`);
    }
    const why = evidence === undefined ? {} : { evidence };
    options.record({ type: 'hook', hook, loop, boundary: placed.boundary, ...why });
    options.note(`loop: ${loop}, by ${placed.boundary}${evidence === undefined ? '' : `: ${evidence}`}`);
    if (placed.note !== undefined) options.note(placed.note);
    if (call) this.beginCall(hook, call);
    this.watchForStops();
  }

  /** Names of those that wait. */
  get waiting(): readonly string[] {
    return this.unplaced.names;
  }

  /** What there is to say of each hook that never got a place. */
  explainMissing(): MissingHook[] {
    return this.unplaced.explain();
  }

  /** One sentence for each hook whose function was called in a loop of its own. */
  explainNested(): string[] {
    return this.placed.flatMap(({ loop }, hook) => {
      const nested = this.probed.object.nestedCalls(hook);
      return nested > 0 ? [`${loop} called itself ${String(nested)} times: such calls are part of their loop`] : [];
    });
  }

  /** One sentence for each hook that was called once at most, where that call is still under way. */
  explainStanding(calls: readonly number[]): string[] {
    return this.placed.flatMap(({ loop }, hook) => {
      if ((calls[hook] ?? 0) > 1) return [];
      const call = standingCall(this.target, this.boundaries[hook]!);
      if (!call) return [];
      const inside = call.turn === undefined ? '' : `; the loop inside it is --loop ${call.turn}`;
      return [`a call of ${loop} was still under way when the trace ended${inside}`];
    });
  }

  /** A process of ours was stopped in the first call: that is call 0, and the next one is recorded. */
  private beginCall(hook: number, { frame, func, vmStackPage, heapSize }: CallUnderWay): void {
    this.probed.object.beginLoop(hook, frame, func, vmStackPage);
    this.options.begun(hook, heapSize);
  }

  /** Has a process of ours stopped where a hook that waits is first met, so that its second call is not missed. */
  private watchForStops(): void {
    if (!this.options.mayStop) return;
    const { recognised } = this.unplaced;
    this.probed.object.stopAtExecute(recognised.length > 0);
    for (let hook = 0; hook < MAX_HOOKS; hook++) {
      const { name, line } = recognised[hook] ?? { name: '', line: 0 };
      this.probed.object.stopAtFunction(hook, name, line);
    }
  }
}

/** @throws PhptraceError for hooks that cannot be watched together */
export function checkHooks(wanted: readonly WantedHook[]): void {
  const loops = wanted.map(({ loop }) => loop);
  if (loops.length > MAX_HOOKS) {
    throw new PhptraceError(`${String(loops.length)} --loop: there can be ${String(MAX_HOOKS)} at once`);
  }
  const twice = loops.find((loop, index) => loops.indexOf(loop) !== index);
  if (twice !== undefined) throw new PhptraceError(`--loop ${twice} is given twice: once is enough`);
  if (loops.length > 1 && loops.includes('none')) {
    throw new PhptraceError('--loop none stands alone: it watches the process as a whole, others a part of it');
  }
}
