import type { ExecutionContext } from 'ava';
import { compareCase, type Comparison } from './compare-case.js';
import { patience } from './patience.js';
import { measuredCalls, readMeasurement } from './measurement.js';
import type { Case } from './truth.js';
import { until, type JsonRun, type Workplace } from './workplace.js';

/** A trace of a case, and how it stands to the case's truth. */
export interface JudgedCase extends JsonRun {
  readonly comparison: Comparison;
}

/** Traces a case under a php, given as a command and its first arguments. */
export async function traceCase(place: Workplace, subject: Case, command: readonly string[]): Promise<JudgedCase> {
  const measurement = place.path('measured');
  const traced = await trace(place, subject, measurement, command);
  return { ...traced, comparison: compareCase(subject, traced, readMeasurement(measurement)) };
}

/** Traces a case and asserts that the report says just what the case declares. Returns the trace. */
export async function judgeCase(
  t: ExecutionContext,
  place: Workplace,
  subject: Case,
  command: readonly string[],
): Promise<JsonRun> {
  const { comparison, ...traced } = await traceCase(place, subject, command);
  t.deepEqual(comparison.problems, [], JSON.stringify({ ...traced.report, stderr: traced.stderr }, null, 1));
  return traced;
}

const FINDINGS = {
  leak: 'its leaking lines are named, and no others',
  clean: 'nothing is accused',
  unknown: 'it cannot be told, and that is said',
} as const;

/** What phptrace has to find, for a test's title. */
export function findingOf({ truth }: Case): string {
  return FINDINGS[truth.verdict];
}

async function trace(
  place: Workplace,
  { file, truth }: Case,
  measurement: string,
  [php = '', ...given]: readonly string[],
): Promise<JsonRun> {
  const { seconds } = truth;
  const args = ['--loop', truth.loop, '--loops', String(truth.loops), '--duration', `${seconds * patience}s`];
  // The program ends by itself a little after the trace would.
  const env = { PHPTRACE_TRUTH: measurement, PHPTRACE_SECONDS: String((seconds + 4) * patience) };
  const options = { env, seconds: seconds + 22 };
  const settings = [...given, ...truth.ini.flatMap((setting) => ['-d', setting])];
  if (truth.how === 'run') return place.runJson([php, ...settings, file], args, options);
  const program = place.start(php, [...settings, file], { env });
  await until(() => measuredCalls(measurement) > 20 || program.ended !== undefined, `20 calls of ${file}`);
  if (program.ended !== undefined) throw new Error(`${file} ended before its 20th call: ${program.stderr}`);
  return place.attachJson(program.pid, args, options);
}
