import { join } from 'node:path';
import { integration, parseReport, root, settledLoops } from './harness.js';
import type { Program } from './program.js';
import { suspects } from './report-json.js';
import { markedLine } from './truth.js';

// A process that is gone when its trace ends: its leaks are told, and why nobody knows what holds them.

const file = 'test/integration/programs/leaves.php';
const leak = markedLine(join(root, file), '@leak-1');

const ways: readonly (readonly [what: string, leave: (running: Program) => void])[] = [
  ['exited', (running) => running.signal('SIGKILL')],
  ['executed another program', (running) => running.say('exec\n')],
];

for (const [what, leave] of ways) {
  integration(`of a process that ${what} the leak is told, and that its holder is not known`, async (t, place) => {
    const running = await place.startReady(file);
    const log = place.path('log');
    const args = ['--loop', 'handle', '--loops', '100000', '--format', 'json', '--log', log];
    const tracer = place.startPhptrace(['attach', String(running.pid), ...args]);
    await settledLoops(tracer, log, 20);
    leave(running);
    const { code } = await tracer.endedWithin(20);
    const report = parseReport(tracer.stdout, code, tracer.stderr);
    const note = `the process ${what} before it could be looked at: what holds the lines' memory is not known`;
    t.is(code, 1);
    t.is(report.ended, `the process ${what}`);
    t.deepEqual(report.notes, [note]);
    t.deepEqual(
      suspects(report).map(({ line, bytesPerLoop, holder }) => [line, bytesPerLoop, holder]),
      [[leak, 1280, null]],
      JSON.stringify(report, null, 1),
    );
    const text = await place.phptrace(['analyze', log]);
    t.true(text.stdout.includes(`\nNote: ${note}\n`), text.stdout);
  });
}

integration('of a process that ends by itself the array that fills is told, and its line', async (t, place) => {
  const filling = 'test/integration/programs/fills-and-ends.php';
  const running = await place.startReady(filling, ['8']);
  const { report } = await place.attachJson(running.pid, ['--loop', 'Worker::job', '--loops', '100000']);
  t.is(report.ended, 'the process exited');
  t.deepEqual(
    suspects(report).map(({ line, fills, holder }) => [line, fills !== undefined, holder]),
    [[markedLine(join(root, filling), '@leak-1'), true, null]],
    JSON.stringify(report, null, 1),
  );
  t.is(report.verdict, 'leak');
});
