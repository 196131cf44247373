import { PhptraceError } from '../errors.js';
import { createDefaultLog, openNamedLog } from '../log/location.js';
import { LogWriter } from '../log/writer.js';
import { awaited } from '../leaks/awaited.js';
import { History } from '../leaks/history.js';
import { judge } from '../leaks/judgement.js';
import type { Judgement } from '../leaks/judgement.js';
import type { TraceOptions } from '../options.js';
import { namedThread } from '../php/globals.js';
import { innerPid } from '../php/namespaces.js';
import { readSapi } from '../php/process.js';
import { buildReport } from '../report/build.js';
import type { Report } from '../report/model.js';
import { LOG_SCHEMA } from '../trace/records.js';
import type { EndRecord, TraceHeader, TraceRecord } from '../trace/records.js';
import { hasQuestions, heldRecords } from './held-blocks.js';
import type { CopiedProcess } from './held-blocks.js';
import { Session } from './session.js';
import type { SessionOptions, Taken } from './session.js';
import type { Target } from './target.js';
import type { WantedHook } from './waiting-hooks.js';

/**
 * Lazy services, autoloaded classes and compiled templates come with the first call or two; one more for those that a
 * second kind of request brings. What warms up later still is told from a leak by its survival.
 */
const WARMUP_LOOPS = 3;
export const DURATION_SECONDS = 60;
/** With loops `auto`, where lines are not decided when the time above is over. */
const LONG_DURATION_SECONDS = 300;
const A_DAY_SECONDS = 86_400;
/**
 * Of the duration. A loop whose turns are further apart has six in all of it, and ten are needed: the first call,
 * warm-up, the fewest that are judged (src/leaks/growth.ts), and one after them.
 */
const PATIENCE = 1 / 6;
const RING_BYTES = 64 * 1024 * 1024;

/** What the course of a trace may add to its record. */
export interface TraceCourse {
  readonly wanted: readonly WantedHook[];
  readonly mayStop: boolean;
  /** Children are traced too, each by itself: that they were forked needs no word. */
  readonly followsForks?: boolean;
  /** Likewise other threads that run PHP. */
  readonly followsThreads?: boolean;
  /** Whether another process that is traced at once has had its loops. */
  readonly othersAreDone?: () => boolean;
  /** What the duration of all is, where this process comes to it late. */
  readonly wholeSeconds?: number;
  /** The process ends by itself: time limits the trace only where the user says so. */
  readonly isEndless?: boolean;
  /** Called when the probes are in place; what it returns is awaited before the trace is over. */
  readonly begin?: (session: Session) => void;
  /** Called when the probes are off, before the report: more sentences for it. */
  readonly conclude?: () => Promise<readonly string[]>;
}

/** A trace that is over. */
export interface Traced {
  readonly report: Report;
  readonly judgement: Judgement;
}

/** Traces from attach to report. @throws PhptraceError; then nothing stays attached */
export async function trace(target: Target, options: TraceOptions, course: TraceCourse): Promise<Traced> {
  const { pid } = target.process;
  const opened = options.logFile === undefined ? createDefaultLog(pid, new Date()) : openNamedLog(options.logFile);
  if (opened.isOld === true)
    options.observer?.note?.(`${opened.file} has the log of an earlier trace, which is replaced`);
  const log = new LogWriter(opened);
  const history = new History();
  const deliver = (record: TraceRecord): void => {
    history.add(record);
    log.write(record);
    options.observer?.record?.(record);
  };
  const warmup = options.warmup ?? WARMUP_LOOPS;
  const wantsCopy = (): boolean => (options.snapshot ?? true) && hasQuestions(history);
  let sapi: string | undefined;
  const inner = innerPid(pid);
  const thread = namedThread(pid, target.globals);
  const emit = afterHeader(
    deliver,
    () => (sapi ??= readSapi(target.process)),
    () => ({
      type: 'trace',
      schema: LOG_SCHEMA,
      pid,
      ...(inner === undefined ? {} : { innerPid: inner }),
      ...(thread === undefined ? {} : { thread }),
      php: target.version,
      sapi: sapi ?? 'unknown',
      mode: 'exact',
      startedAt: new Date().toISOString(),
      warmup,
    }),
  );
  const reportNow = ({ copy, problems }: Taken): void => {
    // Before the first loop is settled there is nothing to tell.
    if (history.hooks.length === 0) return;
    const notes = [...problems, ...(copy ? emitHolders(copy, history, emit) : [])];
    options.observer?.report?.(buildReport(history, judge(history), { log: log.file, notes, isRunning: true }));
  };
  try {
    const session = new Session(
      target,
      sessionOptions(options, course, {
        emit,
        warmup,
        awaited: (isAwaited) => awaited(history, isAwaited),
        wantsCopy,
        reportNow,
      }),
      course.wanted,
    );
    const end = await follow(session, course);
    const problems = session.copied ? emitHolders(session.copied, history, emit) : [];
    const notes = [...end.notes, ...problems, ...((await course.conclude?.()) ?? [])];
    emit({ ...end, notes });
    log.close();
  } catch (error) {
    log.discard();
    throw error;
  }
  const judgement = judge(history);
  const notes = log.problem === undefined ? [] : [log.problem];
  return { report: buildReport(history, judgement, { log: log.file, notes }), judgement };
}

/** Returns what to say where the holders could not be told. */
function emitHolders(copied: CopiedProcess, history: History, emit: (record: TraceRecord) => void): string[] {
  try {
    for (const record of heldRecords(copied, history)) emit(record);
    return [];
  } catch (error) {
    if (!(error instanceof PhptraceError)) throw error;
    return [`what holds the memory could not be told: ${error.message}`];
  }
}

/**
 * Holds names back until the first loop or the end: a program that was just launched cannot tell its SAPI before it
 * runs, and has none when it has ended. `look` has a look at it at each record.
 */
function afterHeader(
  deliver: (record: TraceRecord) => void,
  look: () => void,
  header: () => TraceHeader,
): (record: TraceRecord) => void {
  let held: TraceRecord[] | undefined = [];
  return (record) => {
    if (held) look();
    if (held && !ENDS_THE_WAIT.has(record.type)) {
      held.push(record);
      return;
    }
    for (const early of held ? [header(), ...held] : []) deliver(early);
    held = undefined;
    deliver(record);
  };
}

const ENDS_THE_WAIT: ReadonlySet<TraceRecord['type']> = new Set(['loop', 'snapshot', 'end']);

/** The probes come off whatever happens on the way. */
async function follow(session: Session, course: TraceCourse): Promise<EndRecord> {
  try {
    session.placeHooks();
    course.begin?.(session);
    await session.follow();
  } catch (error) {
    await session.finish().catch(() => undefined);
    throw error;
  }
  return session.finish();
}

function sessionOptions(
  options: TraceOptions,
  { mayStop, followsForks, followsThreads, othersAreDone, wholeSeconds, isEndless }: TraceCourse,
  own: Pick<SessionOptions, 'emit' | 'warmup' | 'awaited' | 'wantsCopy' | 'reportNow'>,
): SessionOptions {
  const { durationSeconds } = options;
  return {
    ...own,
    mayStop,
    followsForks: followsForks ?? false,
    followsThreads: followsThreads ?? false,
    othersAreDone: othersAreDone ?? (() => false),
    maxLoops: options.maxLoops ?? 'auto',
    durationSeconds: durationSeconds ?? (isEndless === true ? A_DAY_SECONDS : DURATION_SECONDS),
    longSeconds: durationSeconds ?? (isEndless === true ? A_DAY_SECONDS : LONG_DURATION_SECONDS),
    patienceSeconds: (wholeSeconds ?? durationSeconds ?? DURATION_SECONDS) * PATIENCE,
    ringBytes: options.ringBytes ?? RING_BYTES,
    links: options.links ?? 'auto',
    boundary: options.boundary ?? 'auto',
    signal: options.signal ?? new AbortController().signal,
    observer: options.observer ?? {},
    wantsReport: options.wantsReport ?? (() => false),
  };
}
