import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PhptraceError } from '../errors.js';
import type { GroupOptions, TraceObserver, TraceOptions } from '../options.js';
import { checkChildren } from '../php/descendants.js';
import { isRunning, readSapi } from '../php/process.js';
import type { Untraced } from '../report/group-model.js';
import { namedProcess, numberOf, traceeOf } from '../report/named-pid.js';
import type { Tracee } from '../report/named-pid.js';
import { attachProcess } from './attach-process.js';
import { GroupMembers } from './group-members.js';
import type { Member } from './group-members.js';
import { GroupThreads } from './group-threads.js';
import { KnownBuilds } from './known-builds.js';
import { DURATION_SECONDS } from './trace.js';
import type { Traced } from './trace.js';

/** What became of the processes of a group, or of the threads of one. */
export interface TracedGroup {
  readonly traced: readonly Traced[];
  readonly untraced: readonly Untraced[];
  readonly notes: readonly string[];
}

/** How often new children are looked for; one is traced when it is met a second time. */
const LOOK_MS = 100;
/** Loops of one process that can tell, where no number is given. */
const ENOUGH_LOOPS = 100;
/** Events of one process that may wait while others of the group are served. */
const RING_BYTES = 16 * 1024 * 1024;

/**
 * Traces processes at once, each for itself, until all have had their loops or time is over. Of a process that runs PHP in
 * several threads each thread is traced for itself.
 * @throws PhptraceError where none of them can be traced, or they are named wrongly
 */
export async function traceGroup(pids: readonly number[], options: GroupOptions): Promise<TracedGroup> {
  if (pids.length === 0) throw new PhptraceError('no process to trace: name a pid (see `phptrace ps`)');
  const twice = pids.find((pid, index) => pids.indexOf(pid) !== index);
  if (twice !== undefined) throw new PhptraceError(`process ${String(twice)} is given twice: once is enough`);
  if (options.children === true) checkChildren();
  return new ProcessGroup(pids, options).trace();
}

class ProcessGroup {
  private readonly members: GroupMembers;
  private readonly builds: KnownBuilds;
  private readonly threads: GroupThreads;
  /** By the number of the process or thread. */
  private readonly running = new Map<number, Promise<void>>();
  private readonly traced: Traced[] = [];
  private readonly failed: { readonly untraced: Untraced; readonly error: PhptraceError }[] = [];
  private readonly progress = new Map<number, readonly [loops: number, events: number]>();
  private readonly over = new AbortController();
  private readonly durationSeconds: number;
  private readonly deadline: number;
  /** A fault of ours ends the group. */
  private fault: Error | undefined;
  private asked = 0;

  constructor(
    pids: readonly number[],
    private readonly options: GroupOptions,
  ) {
    const { observer } = options;
    this.builds = new KnownBuilds({ cache: true, debug: (message) => observer?.debug?.(message) });
    this.members = new GroupMembers(
      pids,
      options.children ?? false,
      (pid) => this.builds.isPhp(pid),
      this.servesItself,
    );
    this.threads = new GroupThreads(
      this.builds,
      (tid) => this.running.has(tid),
      (sentence) => observer?.note?.(sentence),
    );
    this.durationSeconds = options.durationSeconds ?? DURATION_SECONDS;
    this.deadline = performance.now() + this.durationSeconds * 1000;
  }

  async trace(): Promise<TracedGroup> {
    try {
      await this.begin(this.membersOf(this.members.begin()));
      while (!this.isOver()) {
        await sleep(LOOK_MS);
        if (!this.isOver()) await this.begin([...this.threads.look(), ...this.membersOf(this.members.look())]);
      }
    } finally {
      if (this.fault !== undefined) this.over.abort();
      await Promise.all(this.running.values());
      this.builds.close();
    }
    if (this.fault !== undefined) throw this.fault;
    const [first] = this.failed;
    if (this.traced.length === 0)
      throw first?.error ?? new PhptraceError('the processes ended before they were traced');
    return { traced: this.traced, untraced: this.failed.map(({ untraced }) => untraced), notes: this.notes() };
  }

  private membersOf(processes: readonly Member[]): Member[] {
    return processes.flatMap((process) => this.threads.begin(process));
  }

  /** Attaching takes a third of a second: those that are traced already have their turn in between. */
  private async begin(members: readonly Member[]): Promise<void> {
    for (const member of members) {
      if (this.isTimeOver()) return;
      const number = numberOf(member);
      this.running.set(
        number,
        this.follow(member).finally(() => this.running.delete(number)),
      );
      await sleep(1);
    }
  }

  private async follow({ family: { choice }, named, ...member }: Member): Promise<void> {
    const tracee = traceeOf(member);
    const isThread = tracee.thread !== undefined;
    const others = {
      choose: isThread ? choice.chooseOwn.bind(choice) : choice.choose.bind(choice),
      followsForks: this.options.children ?? false,
      followsThreads: this.threads.follows(tracee.pid),
      othersAreDone: this.isOneDone,
      wholeSeconds: this.durationSeconds,
    };
    try {
      this.traced.push(await attachProcess(tracee, this.optionsOf(tracee), others));
    } catch (error) {
      if (!(error instanceof PhptraceError)) {
        this.fault ??= error instanceof Error ? error : new Error(String(error));
        return;
      }
      if (!named && !isRunning(numberOf(tracee))) {
        if (isThread) this.threads.passed++;
        else this.members.passed++;
        return;
      }
      this.failed.push({ untraced: { ...tracee, reason: error.message, named }, error });
      this.options.observer?.note?.(`${namedProcess(tracee)} is not traced: ${error.message}`);
    }
  }

  private isOver(): boolean {
    if (this.fault !== undefined || this.isTimeOver() || this.hasEnough()) return true;
    if (this.running.size > 0) return false;
    const isHopeless = this.traced.length === 0 && this.failed.length > 0;
    return isHopeless || !(this.members.mayGrow || this.threads.mayGrow);
  }

  /** All that run have had their loops. After the last one of a pool has ended its successor is waited for. */
  private hasEnough(): boolean {
    return this.running.size === 0 && this.isOneDone();
  }

  private readonly isOneDone = (): boolean => {
    const { maxLoops } = this.options;
    const enough = typeof maxLoops === 'number' ? maxLoops : ENOUGH_LOOPS;
    return this.traced.some(({ report: { hooks } }) => {
      const turned = hooks.map(({ loops }) => loops.settled).filter((settled) => settled > 0);
      return turned.length > 0 && Math.min(...turned) >= enough;
    });
  };

  private isTimeOver(): boolean {
    return this.options.signal?.aborted === true || performance.now() >= this.deadline;
  }

  /** The web server of `php -S` answers requests beside its workers (sapi/cli/php_cli_server.c); other masters do not. */
  private readonly servesItself = (pid: number): boolean => {
    try {
      return readSapi(this.builds.open(pid)) === 'cli-server';
    } catch {
      return false;
    }
  };

  private notes(): string[] {
    const { passed, masters } = this.members;
    return [
      ...masters.map((pid) => `process ${String(pid)} has workers, which were traced in its place`),
      ...(passed === 0 ? [] : [`${String(passed)} children ended before they could be traced`]),
      ...this.threads.notes(),
    ];
  }

  private optionsOf(tracee: Tracee): TraceOptions {
    const { options } = this;
    const signals = [this.over.signal, ...(options.signal ? [options.signal] : [])];
    return {
      ...options,
      ringBytes: options.ringBytes ?? RING_BYTES,
      durationSeconds: Math.max(0.1, Math.round((this.deadline - performance.now()) / 100) / 10),
      signal: AbortSignal.any(signals),
      wantsReport: this.reportAsker(),
      observer: this.observerOf(tracee),
      ...(options.logFile === undefined ? {} : { logFile: logOf(options.logFile, tracee) }),
    };
  }

  /** Who asks for a report gets one of each process. */
  private reportAsker(): () => boolean {
    let answered = this.asked;
    return () => {
      if (this.options.wantsReport?.() === true) this.asked++;
      const isAsked = answered < this.asked;
      answered = this.asked;
      return isAsked;
    };
  }

  private observerOf(tracee: Tracee): TraceObserver {
    const { observer = {} } = this.options;
    return {
      ...observer,
      note: (sentence) => observer.note?.(`${namedProcess(tracee)}: ${sentence}`),
      debug: (message, fields) => observer.debug?.(message, { ...fields, ...tracee }),
      progress: (loops, events) => {
        this.progress.set(numberOf(tracee), [loops, events]);
        const all = [...this.progress.values()];
        observer.progress?.(
          all.reduce((sum, [each]) => sum + each, 0),
          all.reduce((sum, [, each]) => sum + each, 0),
        );
      },
    };
  }
}

/** `trace.ndjson` becomes `trace-4242.ndjson`, and of a thread `trace-4242-4243.ndjson`. */
function logOf(file: string, { pid, thread }: Tracee): string {
  const extension = extname(file);
  const number = thread === undefined ? String(pid) : `${String(pid)}-${String(thread)}`;
  return `${file.slice(0, file.length - extension.length)}-${number}${extension}`;
}
