import type { History, HookHistory } from '../leaks/history.js';
import type { JudgedSite } from '../leaks/judged-site.js';
import type { HookVerdict, Judgement } from '../leaks/judgement.js';
import type { JudgedArray } from '../leaks/judged-arrays.js';
import { judgeOutside } from '../leaks/outside.js';
import type { Counters, SiteRecord, SnapshotRecord } from '../trace/records.js';
import { summarizeLoop } from './loop-summary.js';
import type {
  Accounting,
  Frame,
  OutsideMemory,
  RecentLoops,
  Report,
  ReportedArray,
  ReportedHook,
  ReportedSite,
} from './model.js';

/** What a report says besides what the records hold. */
export interface ReportExtras {
  /** The log's file, or null where there is none. */
  readonly log: string | null;
  /** Sentences, such as what is wrong with the log. */
  readonly notes?: readonly string[];
  /** True where the trace is not over. */
  readonly isRunning?: boolean;
}

/** Puts a report together from a trace's history and the judgement on it. */
export function buildReport(history: History, judgement: Judgement, extras: ReportExtras): Report {
  const { header, hooks, end } = history;
  return {
    schema: 1,
    pid: header.pid,
    ...(header.innerPid === undefined ? {} : { innerPid: header.innerPid }),
    ...(header.thread === undefined ? {} : { thread: header.thread }),
    php: header.php,
    sapi: header.sapi,
    mode: header.mode,
    verdict: judgement.verdict,
    ...(judgement.reason === undefined ? {} : { verdictReason: judgement.reason }),
    hooks: judgement.hooks.map((judged, hook) => reportedHook(judged, hooks[hook], end?.loopsSeen[hook])),
    loops: {
      seen: end ? sum(end.loopsSeen) : sum(hooks.map((hook) => hook.lastLoop)),
      warmup: header.warmup,
      settled: sum(hooks.map((hook) => hook.judgedLoops)),
    },
    sites: judgement.sites.map((site) => reportedSite(history, site)),
    arrays: judgement.arrays.map((array) => reportedArray(history, array)),
    accounting: accountingOf(hooks, end?.counters ?? NOTHING_COUNTED),
    outside: outsideOf(hooks, header.warmup),
    snapshot: snapshotOf(history.snapshot),
    notes: [...(end?.notes ?? (extras.isRunning === true ? [] : [CUT_OFF])), ...(extras.notes ?? [])],
    ended: end?.reason ?? (extras.isRunning === true ? 'not yet' : 'unknown'),
    log: extras.log,
    recentLoops: hooks.map((hook) => recentLoops(history, hook)),
  };
}

/** `hook` is undefined for one that never got a place. */
function reportedHook({ loop, verdict, reason }: HookVerdict, hook?: HookHistory, seen?: number): ReportedHook {
  const evidence = hook?.record.evidence;
  return {
    loop,
    boundary: hook?.record.boundary ?? null,
    ...(evidence === undefined ? {} : { evidence }),
    verdict,
    ...(reason === undefined ? {} : { verdictReason: reason }),
    loops: { seen: seen ?? hook?.lastLoop ?? 0, settled: hook?.judgedLoops ?? 0 },
  };
}

function reportedSite(history: History, site: JudgedSite): ReportedSite {
  const { file, line, function: name, hook, outside } = site.place;
  const self: Frame = { file, line, function: name };
  const frames = history.path(site.path).map(frameOf);
  const stack = frames.length > 0 ? frames : [self];
  return {
    ...self,
    verdict: site.verdict,
    blocks: site.blocks,
    bytes: site.bytes,
    bytesPerLoop: site.bytesPerLoop,
    evidence: site.evidence,
    app: stack.find(isOwnCode) ?? self,
    stack,
    loop: history.hooks[hook]!.record.loop,
    outside,
    holder: (site.filled ?? site.held)?.holder ?? null,
    path: (site.filled ?? site.held)?.path ?? null,
    types: site.filled ? ['array'] : (site.held?.types ?? []),
    ...(site.fills ? { fills: site.fills } : {}),
    ...(site.uncollected ? { uncollected: true as const } : {}),
    ...(site.growth ? { growth: site.growth } : {}),
  };
}

function reportedArray(history: History, judged: JudgedArray): ReportedArray {
  const { verdict, elements, capacity, elementBytes, bytes, bytesPerLoop, evidence, hook, holder, path } = judged;
  const loop = history.hooks[hook]!.record.loop;
  const elementsPerLoop = bytesPerLoop / elementBytes;
  return { verdict, arrays: 1, elements, capacity, elementsPerLoop, bytes, bytesPerLoop, evidence, loop, holder, path };
}

function snapshotOf(record: SnapshotRecord | undefined): Report['snapshot'] {
  if (record === undefined) return null;
  const { pauseNs, heapBytes, blocks, collector } = record;
  return { pauseMs: pauseNs / 1e6, heapBytes, blocks, collector };
}

function frameOf({ file, line, function: name }: SiteRecord): Frame {
  return { file, line, function: name };
}

function isOwnCode(frame: Frame): boolean {
  return frame.file !== null && !frame.file.includes('/vendor/');
}

/** The books of the hook with most settled loops: those of several hooks overlap in time. */
function accountingOf(hooks: readonly HookHistory[], counters: Counters): Accounting {
  const longest = longestOf(hooks);
  const growthBytes = longest?.growthBytes ?? 0;
  const explainedBytes = longest?.explainedBytes ?? 0;
  const missing = Math.abs(growthBytes - explainedBytes);
  const { droppedEvents, unknownFrees, missedFrees, unreadFrames, unresolved } = counters;
  return {
    growthBytes,
    explainedBytes,
    accounted: missing === 0 ? 1 : Math.max(0, 1 - missing / Math.max(Math.abs(growthBytes), Math.abs(explainedBytes))),
    droppedEvents,
    unknownFrees,
    missedFrees,
    unreadFrames,
    unresolved,
  };
}

function outsideOf(hooks: readonly HookHistory[], warmup: number): OutsideMemory | null {
  const longest = longestOf(hooks);
  const judged = longest && judgeOutside(longest.outside.after(warmup));
  return judged ? { ...judged, loop: longest.record.loop } : null;
}

function longestOf(hooks: readonly HookHistory[]): HookHistory | undefined {
  return [...hooks].sort((a, b) => b.lastLoop - a.lastLoop)[0];
}

function recentLoops(history: History, hook: HookHistory): RecentLoops {
  return {
    loop: hook.record.loop,
    left: hook.lastLoop - hook.recent.length,
    loops: hook.recent.map((record) => summarizeLoop(record, (site) => history.site(site))),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const CUT_OFF =
  'the log ends without an end record: phptrace or the machine died, or it still runs; what is there was judged';

const NOTHING_COUNTED: Counters = {
  events: 0,
  droppedEvents: 0,
  unknownFrees: 0,
  unknownFreedBytes: 0,
  missedFrees: 0,
  unreadFrames: 0,
  unresolved: 0,
};
