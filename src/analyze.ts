import { PhptraceError } from './errors.js';
import { History } from './leaks/history.js';
import { judge } from './leaks/judgement.js';
import { defaultLogDirectory, defaultLogs } from './log/location.js';
import { readLog } from './log/reader.js';
import { buildReport } from './report/build.js';
import { mergeTraces } from './merge.js';
import type { TracedProcess } from './merge.js';
import type { GroupReport } from './report/group-model.js';
import type { Report } from './report/model.js';

/**
 * Judges a trace by its log, with no privileges and no PHP. Without a file: the newest log of the default directory. A
 * log that was cut off is judged as far as it goes, and a note says so. Rejects with a PhptraceError where there is no
 * log, or it is none of ours, or it is damaged.
 */
export async function analyze(file?: string): Promise<Report>;
/** Judges the logs of several processes, each and together. Rejects as for one. */
export async function analyze(files: readonly string[]): Promise<GroupReport>;
export async function analyze(files?: string | readonly string[]): Promise<Report | GroupReport> {
  if (files === undefined) return judgeLog(newestLog()).report;
  if (typeof files === 'string') return judgeLog(files).report;
  if (files.length === 0) throw new PhptraceError('no log to analyze: name one');
  return mergeTraces(files.map(judgeLog), { untraced: [], notes: [] });
}

function judgeLog(log: string): TracedProcess {
  const history = new History();
  const { torn } = readLog(log, (record) => history.add(record));
  const notes = torn ? ['the last line of the log is cut off and was left out'] : [];
  const judgement = judge(history);
  return { report: buildReport(history, judgement, { log, notes }), judgement };
}

function newestLog(): string {
  const [newest] = defaultLogs();
  if (newest === undefined) {
    throw new PhptraceError(`there is no log in ${defaultLogDirectory()}: trace a process first, or name a log`);
  }
  return newest;
}
