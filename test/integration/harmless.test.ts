import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { integration, parseReport, root, settledLoops, until, type Workplace } from './harness.js';
import type { Program } from './program.js';

// Whatever happens to phptrace or to the traced program: the program's output and exit code are those of a run that
// nobody traced.

const steady = 'test/integration/programs/steady.php';
const ending = 'test/integration/programs/ending.php';

integration(
  'attached to and left 50 times under load, a program goes on as if nothing were',
  async (t, place) => {
    const running = await place.startReady(steady);
    for (let i = 0; i < 50; i++) {
      const links = i % 25 === 24 ? 'perf' : 'auto';
      const args = ['attach', String(running.pid), '--loop', 'round_of_work', '--duration', '200ms', '--links', links];
      const { stdout, stderr, exitCode } = await place.phptrace([...args, '--format', 'json']);
      const report = parseReport(stdout, exitCode, stderr);
      t.is(report.pid, running.pid);
      t.is(running.ended, undefined, `after attach ${i + 1}`);
    }
    await isAsUntraced(t, place, running, steady);
  },
  { seconds: 280 },
);

integration(
  'phptrace killed in mid-trace leaves the program unharmed, and the next trace works',
  async (t, place) => {
    const running = await place.startReady(steady);
    for (let i = 0; i < 3; i++) {
      const log = place.path(`killed-${i}.ndjson`);
      const tracer = place.startPhptrace(['attach', String(running.pid), '--loop', 'round_of_work', '--log', log]);
      await settledLoops(tracer, log, 2);
      tracer.signal('SIGKILL');
      await tracer.endedWithin(10);
    }
    const { report, exitCode, stderr } = await place.attachJson(running.pid, [
      '--loop',
      'round_of_work',
      '--loops',
      '10',
    ]);
    t.is(report.verdict, 'clean', `${JSON.stringify(report, null, 1)}${stderr}`);
    t.is(exitCode, 0);
    await isAsUntraced(t, place, running, steady);
  },
  { seconds: 120 },
);

integration(
  'a ring that overflows is said, and nothing is called clean then',
  async (t, place) => {
    const running = await place.startReady(steady);
    const args = ['--loop', 'round_of_work', '--ring', '4096', '--duration', '4s'];
    const { report, exitCode } = await place.attachJson(running.pid, args);
    t.true(report.accounting.droppedEvents > 0);
    t.is(report.verdict, 'unknown', JSON.stringify(report, null, 1));
    t.is(exitCode, 2);
    t.regex(`${report.verdictReason} ${report.notes.join(' ')}`, /dropped|overflow|lost|full/i);
    await isAsUntraced(t, place, running, steady);
  },
  { seconds: 90 },
);

integration('SIGINT ends a trace with a full report', async (t, place) => {
  const running = place.start('php', [join(root, 'test/cases/static-property.php')]);
  const log = place.path('interrupted.ndjson');
  const args = [
    'attach',
    String(running.pid),
    '--loop',
    'handle',
    '--loops',
    '100000',
    '--format',
    'json',
    '--log',
    log,
  ];
  const tracer = place.startPhptrace(args);
  await settledLoops(tracer, log, 40);
  tracer.signal('SIGINT');
  const { code } = await tracer.endedWithin(10);
  const report = parseReport(tracer.stdout, code, tracer.stderr);
  t.is(code, 1, tracer.stderr);
  t.is(report.verdict, 'leak');
  t.regex(report.ended, /interrupt/i);
  t.is(running.ended, undefined);
});

for (const name of ['static-property', 'one-in-ten']) {
  integration(`SIGUSR2 asks for a report of the trace so far, and the trace goes on (${name})`, async (t, place) => {
    const running = place.start('php', [join(root, `test/cases/${name}.php`)]);
    const log = place.path('asked.ndjson');
    const args = ['attach', String(running.pid), '--loop', 'handle', '--loops', '100000', '--log', log, '--quiet'];
    const tracer = place.startPhptrace(args);
    await settledLoops(tracer, log, 150);
    tracer.signal('SIGUSR2');
    await until(() => tracer.stderr.includes('Log: '), 'the report that was asked for');
    t.regex(tracer.stderr, /LEAK: [^]*; ended: not yet[^]*held by (static |\$GLOBALS)/);
    t.is(tracer.ended, undefined);
    // What was born after the copy for that report is not gone.
    await settledLoops(tracer, log, 900);
    tracer.signal('SIGINT');
    t.is((await tracer.endedWithin(15)).code, 1, tracer.stdout);
    t.regex(tracer.stdout, /LEAK: [^]*; ended: interrupted[^]*held by (static |\$GLOBALS)/);
  });
}

integration('a program in which nothing piles up is not stopped for a copy', async (t, place) => {
  const running = place.start('php', [join(root, 'test/cases/freed-next-loop.php')]);
  const { report, exitCode } = await place.attachJson(running.pid, ['--loop', 'handle', '--loops', '20']);
  t.is(exitCode, 0);
  t.is(report.snapshot, null);
});

const endings: readonly (readonly [how: string, title: string, said: RegExp])[] = [
  ['exit', 'a program that exits during the trace', /exit/i],
  ['fork', 'a program that forks workers during the trace', /fork/i],
  ['exec', 'a program that execs another during the trace', /exec/i],
  ['fatal', 'a program that dies of a fatal error during the trace', /fatal|exit/i],
];

for (const [how, title, said] of endings) {
  integration(`${title} ends as it would untraced, and the report says what happened`, async (t, place) => {
    const running = await place.startReady(ending, [how]);
    const log = place.path('ending.ndjson');
    const args = ['attach', String(running.pid), '--loop', 'handle', '--loops', '100000', '--duration', '30s'];
    const tracer = place.startPhptrace([...args, '--format', 'json', '--log', log]);
    await settledLoops(tracer, log, 10);
    await isAsUntraced(t, place, running, ending, [how]);
    const { code } = await tracer.endedWithin(15);
    const report = parseReport(tracer.stdout, code, tracer.stderr);
    t.regex(`${report.ended} ${report.notes.join(' ')}`, said);
    t.not(report.verdict, 'leak', JSON.stringify(report, null, 1));
  });
}

/** Lets a program finish and compares all that it said and its exit code with another run's. */
async function isAsUntraced(
  t: ExecutionContext,
  place: Workplace,
  traced: Program,
  file: string,
  args: readonly string[] = [],
): Promise<void> {
  traced.finish();
  const end = await traced.endedWithin(30);
  const untraced = await place.startReady(file, args);
  untraced.finish();
  t.deepEqual(end, await untraced.endedWithin(30));
  t.is(traced.stdout, untraced.stdout);
  t.is(traced.stderr, untraced.stderr);
}
