import { PhptraceError } from './errors.js';
import { History } from './leaks/history.js';
import { judge } from './leaks/judgement.js';
import { defaultLogDirectory, defaultLogs } from './log/location.js';
import { readLog } from './log/reader.js';
import { buildReport } from './report/build.js';
import type { Report } from './report/model.js';

/**
 * Judges a trace by its log, with no privileges and no PHP. Without a file: the newest log of the default directory. A
 * log that was cut off is judged as far as it goes, and a note says so. Rejects with a PhptraceError where there is no
 * log, or it is none of ours, or it is damaged.
 */
export async function analyze(file?: string): Promise<Report> {
  const log = file ?? newestLog();
  const history = new History();
  const { torn } = readLog(log, (record) => history.add(record));
  const notes = torn ? ['the last line of the log is cut off and was left out'] : [];
  return buildReport(history, judge(history), { log, notes });
}

function newestLog(): string {
  const [newest] = defaultLogs();
  if (newest === undefined) {
    throw new PhptraceError(`there is no log in ${defaultLogDirectory()}: trace a process first, or name a log`);
  }
  return newest;
}
