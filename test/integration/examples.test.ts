import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { integration, php, root } from './harness.js';

// Every program of examples/ is traced as its own comment says, and the report names the lines that it marks.

const directory = join(root, 'examples');
const examples = readdirSync(directory).filter((name) => name.endsWith('.php'));

test('every example says how it is traced, and the README lists it', (t) => {
  const readme = readFileSync(join(directory, 'README.md'), 'utf8');
  for (const name of examples) {
    t.regex(source(name), /^\/\/ {3}sudo phptrace attach \$! --loop \S+$/m, name);
    t.true(readme.includes(name), name);
  }
});

for (const name of examples) {
  integration(`examples/${name}: the report names its marked lines, and no others`, async (t, place) => {
    const loop = /attach \$! --loop (\S+)/.exec(source(name))?.[1] ?? '';
    const file = join(directory, name);
    const running = place.start(php, [file]);
    const { report, exitCode } = await place.attachJson(running.pid, ['--loop', loop, '--loops', '100']);
    const leaking = report.sites
      .filter((site) => site.verdict === 'leak' && site.file === file)
      .map((site) => site.line);
    const marked = linesWith(name, '// leaks: ');
    // The table of queue-worker.php doubles rarely: a short trace may or may not accuse it.
    const allowed = new Set([...marked, ...linesWith(name, '// the table ')]);
    t.deepEqual(
      marked.filter((line) => !leaking.includes(line)),
      [],
      JSON.stringify(report, null, 1),
    );
    t.deepEqual(
      leaking.filter((line) => !allowed.has(line)),
      [],
      JSON.stringify(report, null, 1),
    );
    t.is(exitCode, marked.length > 0 ? 1 : 0);
  });
}

integration("the report's lines are those of Swoole Tracker", async (t, place) => {
  const running = place.start(php, [join(directory, 'seed-cross-loop.php')]);
  const args = ['attach', String(running.pid), '--loop', 'onRequest', '--loops', '10'];
  const { stdout, exitCode } = await place.phptrace(args);
  const [freed] = linesWith('seed-cross-loop.php', '// frees what');
  const [held] = linesWith('seed-cross-loop.php', '// held until');
  const at = (line: number | undefined) => `${join(directory, 'seed-cross-loop.php')}:${line}`;
  const expected = [
    `[${running.pid} (Loop 8)] ${at(freed)} => [-12288]`,
    `Free Pre (Loop 6) : ${at(held)} => [12288]`,
    `[${running.pid} (Loop 8)] ${at(held)} => [12288]`,
    `[${running.pid} (Loop 8)] ✅ Nice!! No Leak Were Detected In This Loop`,
  ];
  t.true(stdout.includes(expected.join('\n')), stdout);
  t.is(exitCode, 0);
});

integration('a leaking loop ends in its total, and no colour goes to a pipe', async (t, place) => {
  const running = place.start(php, [join(directory, 'tracker-hook.php')]);
  const args = ['attach', String(running.pid), '--loop', 'trackerHookMalloc', '--loops', '10'];
  const { stdout } = await place.phptrace(args);
  const [line] = linesWith('tracker-hook.php', '// leaks: ');
  const file = join(directory, 'tracker-hook.php');
  const loop = `[${running.pid} (Loop N)]`;
  const lines = stdout.split('\n').map((text) => text.replace(/\(Loop \d+\)/, '(Loop N)'));
  t.true(lines.includes(`${loop} ${file}:${line} => [12288]`), stdout);
  t.true(lines.includes(`${loop} ❌ This Loop TotalLeak: [12288]`), stdout);
  t.false(stdout.includes('\u001b'));
});

integration(
  'without --loop, the loops of the examples are found',
  async (t, place) => {
    const loops: Record<string, string> = {
      'queue-worker.php': 'QueueWorker::process',
      'leaky-worker.php': 'handle',
      'tracker-hook.php': 'trackerHookMalloc',
    };
    for (const [name, loop] of Object.entries(loops)) {
      const running = place.start(php, [join(directory, name)]);
      const { report, exitCode } = await place.attachJson(running.pid, ['--loops', '40', '--duration', '30s']);
      t.is(report.hooks[0]?.loop, loop, `${name}: ${JSON.stringify(report.hooks)}`);
      t.truthy(report.hooks[0]?.evidence);
      t.is(exitCode, 1);
    }
  },
  { seconds: 120 },
);

function source(name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}

function linesWith(name: string, comment: string): readonly number[] {
  return source(name)
    .split('\n')
    .flatMap((line, i) => (line.includes(`; ${comment}`) || line.includes(`;  ${comment}`) ? [i + 1] : []));
}
