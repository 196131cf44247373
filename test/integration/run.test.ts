import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { integration, parseReport, php, root, until } from './harness.js';
import { loopRecords, readMeasurement } from './measurement.js';
import { suspects } from './report-json.js';

integration('run sees a program from its first call on', async (t, place) => {
  const measurement = place.path('measured');
  const command = [php, join(root, 'test/cases/int-list.php')];
  const options = { env: { PHPTRACE_TRUTH: measurement } };
  const { report, records } = await place.runJson(command, ['--loop', 'handle', '--loops', '50'], options);
  const [first] = loopRecords(records);
  t.is(first?.loop, 1);
  t.is(first?.heapBefore, readMeasurement(measurement)[1]);
  t.is(report.sapi, 'cli');
  t.regex(report.php, /^\d+\.\d+\.\d+/);
});

integration('a program that goes on when the trace is over is told by its pid', async (t, place) => {
  const code = 'function handle() { usleep(1000); } for ($i = 0; $i < 30; $i++) { handle(); } sleep(8);';
  const { report } = await place.runJson([php, '-r', code], ['--loop', 'handle', '--loops', '10']);
  t.true(
    report.notes.includes(`the program goes on as process ${report.pid}, without probes`),
    report.notes.join('; '),
  );
});

integration('whoever interrupts twice gets no report, and the exit code that the help tells', async (t, place) => {
  t.regex((await place.phptrace(['--help'])).stdout, /130 interrupted twice\.\n$/);
  // It does not heed SIGTERM, so that the first interrupt waits for it.
  const code =
    'pcntl_signal(SIGTERM, SIG_IGN); function handle() { usleep(1000); } for ($i = 0; $i < 9000; $i++) { handle(); }';
  const tracer = place.startPhptrace(['run', '--loop', 'handle', '--', php, '-r', code]);
  await until(() => tracer.stderr.includes('loop: handle') || tracer.ended !== undefined, 'the loop');
  tracer.signal('SIGINT');
  await sleep(500);
  tracer.signal('SIGINT');
  await until(() => tracer.ended !== undefined, 'the end');
  t.deepEqual([tracer.ended?.code, tracer.stdout], [130, '']);
});

integration('run hands on what the program prints, and a program that ends early is reported', async (t, place) => {
  const code =
    'function handle() { return str_repeat("x", 99); } for ($i = 0; $i < 30; $i++) { handle(); } echo "the end\\n"; exit(9);';
  const { exitCode, stdout, stderr } = await place.phptrace(['run', '--loop', 'handle', '--', php, '-r', code]);
  t.is(exitCode, 0, stderr);
  t.true(stdout.startsWith('the end\n') || stdout.includes('\nthe end\n'), stdout);
  t.true(stdout.includes('✅ Nice!! No Leak Were Detected In This Loop'), stdout);
});

integration('with --format json the program prints to stderr, so that stdout is the report', async (t, place) => {
  const code = 'function handle() { usleep(1000); } for ($i = 0; $i < 30; $i++) { handle(); } echo "the end\\n";';
  const { report, stderr } = await place.runJson([php, '-r', code], ['--loop', 'handle']);
  t.is(report.verdict, 'clean');
  t.true(stderr.includes('the end\n'));
});

integration(
  'what holds the memory of a program that ends by itself is told, for it is held at its end',
  async (t, place) => {
    const code =
      'function handle() { static $kept = []; $kept[] = str_repeat("x", 999); } for ($i = 0; $i < 40; $i++) { handle(); } exit(4);';
    const { report, exitCode } = await place.runJson([php, '-r', code], ['--loop', 'handle']);
    t.is(exitCode, 1);
    t.deepEqual(
      suspects(report).map(({ holder, path }) => ({ holder, path })),
      [{ holder: 'static $kept in handle()', path: 'static $kept in handle() → [*]' }],
      JSON.stringify(report, null, 1),
    );
    t.true(report.notes.includes('the program ended with exit code 4'), report.notes.join('; '));
  },
);

integration('with --no-snapshot nobody looks what holds the memory', async (t, place) => {
  const code =
    'function handle() { static $kept = []; $kept[] = str_repeat("x", 999); } for ($i = 0; $i < 40; $i++) { handle(); }';
  const { report, exitCode } = await place.runJson([php, '-r', code], ['--loop', 'handle', '--no-snapshot']);
  t.is(exitCode, 1);
  t.is(report.snapshot, null);
  t.deepEqual(
    suspects(report).map(({ holder, path, types }) => ({ holder, path, types })),
    [{ holder: null, path: null, types: [] }],
  );
});

integration('a program too short to judge is not called clean', async (t, place) => {
  const code = 'function handle() { static $a = []; $a[] = str_repeat("x", 999); } handle(); handle(); handle();';
  const { report, exitCode } = await place.runJson([php, '-r', code], ['--loop', 'handle']);
  t.is(report.verdict, 'unknown');
  t.is(exitCode, 2);
});

integration(
  'request: what a request keeps in statics is dropped with it; SIGINT ends server and trace with a report',
  async (t, place) => {
    const port = await freePort();
    const log = place.path('requests.ndjson');
    const server = [php, '-S', `127.0.0.1:${port}`, join(root, 'test/integration/programs/site.php')];
    const args = ['run', '--loop', 'request', '--format', 'json', '--log', log, '--', ...server];
    const tracer = place.startPhptrace(args);
    await until(() => /started/.test(tracer.stderr) || tracer.ended !== undefined, 'the server');
    let answers = 0;
    for (let i = 0; i < 40; i++) {
      if ((await get(port)) === 'visits: 50\n') answers++;
      await sleep(10);
    }
    tracer.signal('SIGINT');
    const { code } = await tracer.endedWithin(20);
    const report = parseReport(tracer.stdout, code, tracer.stderr);
    t.is(answers, 40, tracer.stderr);
    t.true(report.loops.seen >= 39);
    t.deepEqual(
      report.hooks.map(({ loop, boundary }) => ({ loop, boundary })),
      [{ loop: 'request', boundary: 'request' }],
    );
    t.deepEqual(suspects(report), []);
    t.is(report.verdict, 'clean', JSON.stringify(report, null, 1));
    t.is(code, 0);
  },
);

/** A port of the loopback that is free now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, timeout: 5000, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => resolve(text));
    });
    call.on('error', reject).on('timeout', () => call.destroy(new Error('no answer')));
    call.end();
  });
}
