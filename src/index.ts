/**
 * phptrace's public interface. `attach` and `run` trace a PHP process, `analyze` makes the report of a log, `clean`
 * removes logs, `doctor` says whether tracing works here. The command line uses nothing else.
 */
export { analyze } from './analyze.js';
export { attach } from './attach.js';
export { clean } from './clean.js';
export { doctor } from './doctor.js';
export type { Check, Diagnosis } from './doctor.js';
export { PhptraceError } from './errors.js';
export type { RunOptions, TraceObserver, TraceOptions } from './options.js';
export { renderJson } from './report/json.js';
export type { Accounting, Frame, Report, ReportedSite } from './report/model.js';
export { renderText } from './report/text.js';
export { run } from './run.js';
export type { BoundaryKind, TraceRecord } from './trace/records.js';
