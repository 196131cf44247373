import { VERDICT_RANK, isGuilty } from '../leaks/judged-site.js';
import type { JudgedSite } from '../leaks/judged-site.js';
import type { Verdict } from '../leaks/verdict.js';
import type { MergedSite } from './group-model.js';
import type { Report, ReportedSite } from './model.js';
import { traceeOf } from './named-pid.js';

/** A place as one process has it. */
interface Entry {
  readonly report: Report;
  readonly site: ReportedSite;
}

/** What the loops of all side by side say of a place; undefined where they are not to be had, or say nothing of it. */
export type Together = (site: ReportedSite) => JudgedSite | undefined;

/** The places of all reports, each once for a hook, with a verdict of all processes. Heaviest first. */
export function mergeSites(reports: readonly Report[], together: Together): MergedSite[] {
  const places = new Map<string, Entry[]>();
  for (const report of reports) {
    for (const site of report.sites) {
      const key = placeOf(site);
      const entries = places.get(key);
      if (entries) entries.push({ report, site });
      else places.set(key, [{ report, site }]);
    }
  }
  return [...places.values()]
    .map((entries) => mergeEntries(entries, reports, together))
    .sort((a, b) => VERDICT_RANK[a.verdict] - VERDICT_RANK[b.verdict] || b.bytes - a.bytes || a.line - b.line);
}

type Place = Pick<ReportedSite, 'loop' | 'file' | 'line' | 'function' | 'outside'>;

/** One place of one hook has one such text. */
export function placeOf({ loop, file, line, function: name, outside }: Place): string {
  return JSON.stringify([loop, file, line, name, outside]);
}

function mergeEntries(entries: readonly Entry[], reports: readonly Report[], together: Together): MergedSite {
  const { site: heaviest } = entries.reduce((most, entry) => (weighsMore(entry.site, most.site) ? entry : most));
  const { file, line, function: name, app, stack, loop, outside, holder, path, types, fills } = heaviest;
  const sum = (of: (entry: Entry) => number): number => entries.reduce((total, entry) => total + of(entry), 0);
  const loops = reports.reduce((total, report) => total + judgedLoops(report, loop), 0);
  return {
    file,
    line,
    function: name,
    ...verdictOf(entries, together),
    blocks: sum(({ site }) => site.blocks),
    bytes: sum(({ site }) => site.bytes),
    bytesPerLoop: loops === 0 ? 0 : sum(({ site }) => site.bytesPerLoop * site.evidence.loops) / loops,
    app,
    stack,
    loop,
    outside,
    holder,
    path,
    types,
    ...(fills ? { fills } : {}),
    processes: entries.map(({ report, site: { verdict, blocks, bytes, bytesPerLoop } }) => {
      return { ...traceeOf(report), verdict, blocks, bytes, bytesPerLoop };
    }),
  };
}

/** An array that fills has taken nothing yet: what it comes to counts. */
function weighsMore(a: ReportedSite, b: ReportedSite): boolean {
  if (a.fills ?? b.fills) return a.bytesPerLoop > b.bytesPerLoop;
  return a.bytes > b.bytes;
}

/** Settled loops of a hook after warm-up. */
function judgedLoops({ recentLoops, loops: { warmup } }: Report, loop: string): number {
  const recent = recentLoops.find((one) => one.loop === loop);
  return recent === undefined ? 0 : Math.max(0, recent.left + recent.loops.length - warmup);
}

/**
 * A line that leaks in one process leaks. Where another one shows that it comes to rest, with as much and in as many
 * loops, it is not decided. A line that no process decides is what the loops of all say of it side by side.
 */
function verdictOf(
  entries: readonly Entry[],
  together: Together,
): Pick<MergedSite, 'verdict' | 'judgedTogether' | 'moreLoops'> {
  const guilty = entries.filter(({ site }) => isGuilty(site.verdict));
  const proven = guilty.filter((entry) => !isRefuted(entry, entries));
  if (proven.length > 0) {
    return {
      verdict: proven.every(({ site }) => site.verdict === 'orphan') ? 'orphan' : 'leak',
      judgedTogether: false,
    };
  }
  const open = entries.filter((entry) => entry.site.verdict === 'pending' && !isRefuted(entry, entries));
  if (guilty.length + open.length === 0) return { verdict: worst(entries), judgedTogether: false };
  // Loops side by side have no arrays.
  const isOfBlocks = entries.every(({ site }) => site.fills === undefined);
  const all = isOfBlocks && guilty.length === 0 ? together(entries[0]!.site) : undefined;
  if (all && all.verdict !== 'pending' && (!isGuilty(all.verdict) || recurs(entries))) {
    return { verdict: all.verdict, judgedTogether: true };
  }
  const more = Math.max(1, ...[...guilty, ...open].map(({ site }) => site.evidence.moreLoops ?? site.evidence.loops));
  return { verdict: 'pending', judgedTogether: false, moreLoops: more };
}

/** Of a line that is decided in every process, but for pending ones that others refute. */
function worst(entries: readonly Entry[]): Verdict {
  const decided = entries.map(({ site }) => site.verdict).filter((verdict) => verdict !== 'pending');
  return decided.reduce((least, verdict) => (VERDICT_RANK[verdict] < VERDICT_RANK[least] ? verdict : least), 'warmup');
}

/**
 * Where it grew in a process, it mostly grew there again. What each process makes once, at some time or other (a service
 * for a rare kind of request), looks like steady growth in the mean of all.
 */
function recurs(entries: readonly Entry[]): boolean {
  const grew = entries.filter(({ site }) => site.evidence.grewInLoops > 0);
  const again = grew.filter(({ site }) => site.evidence.grewInLoops > 1);
  return again.length >= 2 && again.length * 2 >= grew.length;
}

function isRefuted(entry: Entry, entries: readonly Entry[]): boolean {
  return entry.site.fills === undefined && entries.some((peer) => refutes(peer, entry));
}

/** Another process had as many loops, and as much there, and it came to rest. */
function refutes(peer: Entry, entry: Entry): boolean {
  const rests = peer.site.verdict === 'bounded' || peer.site.verdict === 'offset';
  return rests && peer.site.evidence.loops >= entry.site.evidence.loops && peer.site.bytes >= entry.site.bytes;
}
