import type { ExecutionContext } from 'ava';
import type { ProcessList, SnapshotReport } from '../../src/index.js';
import { parseReport, readLog, type Workplace } from '../integration/harness.js';

/** A process whose loop keeps 1280 bytes each turn, on one line. */
export interface Leaking {
  readonly pid: number;
  readonly sapi: string;
  /** As `--loop` names it. */
  readonly loop: string;
  readonly line: number;
  /** What holds it, as a way to any element. */
  readonly path: string;
}

type Check = (t: ExecutionContext, place: Workplace, leaking: Leaking, minor: string) => Promise<void>;

const KEPT_BYTES = 1280;
const LOOPS = '20';

/** What each command has to say of such a process; `analyze` reads the log that `attach` wrote before it. */
export const COMMANDS: Readonly<Record<string, Check>> = {
  doctor: (t, place, { pid, sapi }, minor) => checkDiagnosis(t, place, pid, minor, sapi),
  ps: async (t, place, { pid, sapi }, minor) => {
    const { exitCode, stdout } = await place.phptrace(['ps', '--interval', '200ms', '--format', 'json']);
    t.is(exitCode, 0);
    const row = (JSON.parse(stdout) as ProcessList).processes.find((process) => process.pid === pid);
    t.like(row, { sapi, unread: null });
    t.true(row?.php?.startsWith(`${minor}.`), stdout);
  },
  attach: async (t, place, { pid, loop, line, path }) => {
    const log = place.path('commands.ndjson');
    const args = ['--loop', loop, '--loops', LOOPS, '--format', 'json', '--log', log];
    const { exitCode, stdout, stderr } = await place.phptrace(['attach', String(pid), ...args]);
    leaks(t, { stdout, exitCode, stderr }, line, path);
    t.true(readLog(log).length > 0);
  },
  analyze: async (t, place, { line, path }) => {
    const read = await place.phptrace(['analyze', place.path('commands.ndjson'), '--format', 'json']);
    leaks(t, read, line, path);
  },
  dump: (t, place, { pid, path }) => holds(t, place, String(pid), path),
  'dump, saved and read': async (t, place, { pid, path }) => {
    const file = place.path('saved.phpdump');
    const saved = await place.phptrace(['dump', String(pid), '--out', file]);
    t.is(saved.exitCode, 0, saved.stderr);
    await holds(t, place, file, path);
  },
};

/** Every check of `doctor` that is required is met, for this very PHP. */
export async function checkDiagnosis(
  t: ExecutionContext,
  place: Workplace,
  pid: number,
  minor: string,
  sapi: string,
): Promise<void> {
  const { exitCode, stdout } = await place.phptrace(['doctor', String(pid)]);
  t.is(exitCode, 0, stdout);
  t.regex(stdout, new RegExp(`^PHP +ok +${minor.replace('.', '\\.')}\\.\\d+ \\(${sapi}\\)`, 'm'));
  t.regex(stdout, /^heap +ok +0x[0-9a-f]+, main_chunk is/m);
}

/** What most of the memory of a process, or of a saved copy, is held by. */
async function holds(t: ExecutionContext, place: Workplace, of: string, path: string): Promise<void> {
  const { exitCode, stdout, stderr } = await place.phptrace(['dump', of, '--format', 'json']);
  t.is(exitCode, 0, stderr);
  t.is((JSON.parse(stdout) as SnapshotReport).paths[0]?.path, path);
}

interface Answer {
  readonly stdout: string;
  readonly exitCode: number | null;
  readonly stderr: string;
}

function leaks(t: ExecutionContext, { stdout, exitCode, stderr }: Answer, line: number, path: string): void {
  const report = parseReport(stdout, exitCode, stderr);
  t.deepEqual(
    report.sites.filter(({ verdict }) => verdict === 'leak').map((site) => [site.line, site.bytesPerLoop, site.path]),
    [[line, KEPT_BYTES, path]],
    JSON.stringify(report, null, 1),
  );
  t.is(report.accounting.droppedEvents, 0);
  t.is(exitCode, 1);
}
