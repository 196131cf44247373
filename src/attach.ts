import { attachProcess } from './live/attach-process.js';
import { traceGroup } from './live/process-group.js';
import { noteWorkers } from './live/untraced-workers.js';
import type { AttachOptions, GroupOptions } from './options.js';
import { mergeTraces } from './merge.js';
import type { GroupReport } from './report/group-model.js';
import type { Report } from './report/model.js';

/**
 * Traces a PHP process that already runs, or with `options.thread` one thread of it, until enough loops are settled, time
 * is over, `options.signal` aborts or the process ends. Returns the report; the process then runs without probes.
 *
 * @throws SeveralThreads where PHP runs in several threads of the process and none is named: a list of pids has each of
 * them traced; PhptraceError where the process cannot be traced, in one line that says why and the way out
 */
export async function attach(pid: number, options?: AttachOptions): Promise<Report>;
/**
 * Traces several processes at once, with `options.children` also those that they forked and will fork, and of a process
 * that runs PHP in several threads each of these. Returns a report of each and a merged one. Each process has its own
 * loops counted; time is for all.
 *
 * @throws PhptraceError where none of them can be traced
 */
export async function attach(pids: readonly number[], options?: GroupOptions): Promise<GroupReport>;
export async function attach(
  pids: number | readonly number[],
  options: AttachOptions & GroupOptions = {},
): Promise<Report | GroupReport> {
  if (typeof pids === 'number') {
    if (options.thread === undefined) noteWorkers(pids, options.observer ?? {});
    return (await attachProcess({ pid: pids, thread: options.thread }, options)).report;
  }
  const { traced, untraced, notes } = await traceGroup(pids, options);
  return mergeTraces(traced, { untraced, notes });
}
