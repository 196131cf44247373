/**
 * phptrace's public interface. `attach` and `run` trace a PHP process, `analyze` makes the report of a log, `clean`
 * removes logs, `listProcesses` finds PHP processes, `doctor` says whether tracing works here. `snapshot` copies a
 * process's memory, `openDump` reads a saved copy, `diff` compares two. The command line uses nothing else.
 */
export { analyze } from './analyze.js';
export { attach } from './attach.js';
export { clean } from './clean.js';
export { doctor } from './doctor.js';
export type { Check, Diagnosis } from './doctor.js';
export { PhptraceError } from './errors.js';
export type {
  AttachOptions,
  GroupOptions,
  ListOptions,
  RunOptions,
  SnapshotOptions,
  TraceObserver,
  TraceOptions,
} from './options.js';
export { SeveralThreads } from './php/php-threads.js';
export { packageVersion } from './package-files.js';
export { listProcesses } from './processes.js';
export type { Awaited } from './leaks/awaited.js';
export type { SnapshotDiff } from './report/diff-model.js';
export { renderDiffText } from './report/diff-text.js';
export type {
  GroupReport,
  MergedReport,
  MergedSite,
  OutsideInProcess,
  SiteInProcess,
  Untraced,
} from './report/group-model.js';
export { renderGroupText } from './report/group-text.js';
export { renderGroupJson, renderJson } from './report/json.js';
export { namedProcess } from './report/named-pid.js';
export type { Tracee } from './report/named-pid.js';
export type { ListedProcess, ProcessList } from './report/process-list.js';
export { renderProcessList } from './report/process-list-text.js';
export { grouped, readableSize } from './report/readable-size.js';
export type { Accounting, Frame, OutsideMemory, Report, ReportedSite } from './report/model.js';
export type { SnapshotTotals } from './report/snapshot-diff.js';
export type { SnapshotReport, SnapshotReportOptions } from './report/snapshot-model.js';
export { renderSnapshotText } from './report/snapshot-text.js';
export { renderText } from './report/text.js';
export { run } from './run.js';
export { Snapshot, checkDumpFile, diff, openDump, snapshot } from './snapshot.js';
export type { BoundaryKind, TraceRecord } from './trace/records.js';
