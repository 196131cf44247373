import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { integration, parseReport, root, type JsonRun, type Workplace } from './harness.js';
import type { ReportJson } from './report-json.js';

async function tracedCase(place: Workplace): Promise<JsonRun & { readonly log: string }> {
  const running = place.start('php', [join(root, 'test/cases/vendor-library.php')]);
  const traced = await place.attachJson(running.pid, ['--loop', 'handle', '--loops', '40']);
  return { ...traced, log: place.path('log-1.ndjson') };
}

async function analyzed(place: Workplace, log: string): Promise<{ report: ReportJson; exitCode: number | null }> {
  const { exitCode, stdout, stderr } = await place.phptrace(['analyze', log, '--format', 'json']);
  return { report: parseReport(stdout, exitCode, stderr), exitCode };
}

integration('a log gives the report that the live trace gave', async (t, place) => {
  const { report, exitCode, log } = await tracedCase(place);
  const again = await analyzed(place, log);
  t.deepEqual(again.report, report);
  t.is(again.exitCode, exitCode);
  t.is(statSync(log).mode & 0o777, 0o600);
});

integration('the text of a log is the text of the live trace', async (t, place) => {
  const running = place.start('php', [join(root, 'test/cases/vendor-library.php')]);
  const log = place.path('text.ndjson');
  const live = await place.phptrace(['attach', String(running.pid), '--loop', 'handle', '--loops', '20', '--log', log]);
  const later = await place.phptrace(['analyze', log]);
  t.is(later.stdout, live.stdout);
});

integration('a log without its last part is judged by what is there, and that is said', async (t, place) => {
  const { log } = await tracedCase(place);
  truncateSync(log, Math.floor(statSync(log).size * 0.8));
  const { report, exitCode } = await analyzed(place, log);
  t.is(report.verdict, 'leak');
  t.is(exitCode, 1);
  t.regex(report.notes.join(' '), /torn|cut|without|incomplete|end/i);
});

integration('analyze without a name takes the newest log of the state directory', async (t, place) => {
  const running = place.start('php', [join(root, 'test/cases/static-property.php')]);
  const args = ['attach', String(running.pid), '--loop', 'handle', '--loops', '20', '--format', 'json'];
  const live = await place.phptrace(args);
  const later = await place.phptrace(['analyze', '--format', 'json']);
  t.deepEqual(JSON.parse(later.stdout), JSON.parse(live.stdout));
});

integration('clean removes a log, and without a name all of the state directory', async (t, place) => {
  const { log } = await tracedCase(place);
  t.is((await place.phptrace(['clean', log])).exitCode, 0);
  t.false(existsSync(log));
  const running = place.start('php', [join(root, 'test/cases/static-property.php')]);
  await place.phptrace(['attach', String(running.pid), '--loop', 'handle', '--loops', '5']);
  t.is((await place.phptrace(['clean'])).exitCode, 0);
  t.is((await place.phptrace(['analyze'])).exitCode, 2);
});

const foreign: readonly (readonly [what: string, content: string])[] = [
  ['empty', ''],
  ['not JSON', 'hello, this is no log\n'],
  ['binary', '\u0000\u0001\u0002\u{10ffff}'],
  ['other JSON', '{"level":30,"msg":"server started"}\n{"level":30,"msg":"request"}\n'],
];

for (const [what, content] of foreign) {
  integration(`a file that is no log of ours is refused in one line: ${what}`, async (t, place) => {
    const file = place.path('foreign.ndjson');
    writeFileSync(file, content);
    const { exitCode, stdout, stderr } = await place.phptrace(['analyze', file]);
    t.is(exitCode, 2);
    t.is(stdout, '');
    t.regex(stderr, /^phptrace: [^\n]*foreign\.ndjson[^\n]*\n$/);
    await place.phptrace(['clean', file]);
    t.is(readFileSync(file, 'utf8'), content, 'clean leaves it alone');
  });
}

integration('a log that is broken in the middle is refused with the line', async (t, place) => {
  const { log } = await tracedCase(place);
  const lines = readFileSync(log, 'utf8').split('\n');
  lines[5] = lines[5]?.slice(0, 10) ?? '';
  writeFileSync(log, lines.join('\n'));
  const { exitCode, stderr } = await place.phptrace(['analyze', log]);
  t.is(exitCode, 2);
  t.regex(stderr, /^phptrace: [^\n]*\b6\b[^\n]*\n$/);
});

integration('a log of a later phptrace is refused in one line', async (t, place) => {
  const { log } = await tracedCase(place);
  writeFileSync(log, readFileSync(log, 'utf8').replace('"schema":1', '"schema":99'));
  const { exitCode, stderr } = await place.phptrace(['analyze', log]);
  t.is(exitCode, 2);
  t.regex(stderr, /^phptrace: [^\n]*99[^\n]*\n$/);
});

integration('a log that is not there is refused in one line', async (t, place) => {
  const { exitCode, stderr } = await place.phptrace(['analyze', place.path('none.ndjson')]);
  t.is(exitCode, 2);
  t.regex(stderr, /^phptrace: [^\n]*none\.ndjson[^\n]*\n$/);
});
