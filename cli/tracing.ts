import { renderText } from '../src/index.js';
import type { GroupReport, Report, TraceOptions } from '../src/index.js';
import { toTraceOptions } from './flags.js';
import type { TraceFlags } from './flags.js';
import { abortOnInterrupt, reportOnSignal } from './interrupt.js';
import { checkLogFolder, checkOutput, writeReport } from './report-output.js';
import { openTalk } from './talk.js';

/** Traces by `trace`, gives the report where the flags want it, and returns the exit code. */
export async function traceAndReport(
  flags: TraceFlags,
  view: { readonly progressLine: boolean },
  trace: (options: TraceOptions) => Promise<Report | GroupReport>,
): Promise<number> {
  // Before the trace: a minute of waiting must not end in a report that cannot be kept, nor begin with a log that cannot.
  checkOutput(flags.output);
  checkLogFolder(flags.log);
  const talk = openTalk({ ...flags, ...view });
  const asked = reportOnSignal();
  const interrupt = abortOnInterrupt(() => talk.note('ending the trace; once more leaves without a report'));
  try {
    const observer = { ...talk.observer, report: (report: Report) => talk.say(renderText(report, { color: false })) };
    const options = { ...toTraceOptions(flags), signal: interrupt.signal, wantsReport: asked.isAsked, observer };
    const report = await trace(options);
    talk.clear();
    return await writeReport(report, flags, talk);
  } finally {
    talk.clear();
    interrupt.dispose();
    asked.dispose();
  }
}
