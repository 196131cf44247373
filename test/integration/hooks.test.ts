import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { integration, root, until, type JsonRun } from './harness.js';
import { suspects } from './report-json.js';
import { markedLine } from './truth.js';
import { hasWatchpoints, takeWatchpoints } from './watchpoints.js';
import type { ExecutionContext } from 'ava';

// test/integration/programs/hooks.php keeps 1280 bytes on one line however its loop is named.

const program = 'test/integration/programs/hooks.php';
const closure = `hooks.php:${markedLine(join(root, program), '@closure-1')}`;
const statement = `hooks.php:${markedLine(join(root, program), '@statement-1')}`;
const leak = markedLine(join(root, program), '@leak-1');

/** BPF_COMPLEXITY_LIMIT_INSNS (include/linux/bpf.h); an older verifier prunes less. */
const MOST_VERIFIED = 1_000_000;

const functions: readonly (readonly [what: string, loop: string])[] = [
  ['a function', 'handle'],
  ['a method', 'Worker::work'],
  ['a static method', 'Service::answer'],
  ['a name in other letters than its declaration', 'SERVICE::Answer'],
  ['a closure by its file and line', closure],
  ['a statement inside a loop', statement],
];

for (const [what, loop] of functions) {
  integration(`${what} is a loop (${loop})`, async (t, place) => {
    const running = await place.startReady(program);
    const traced = await place.attachJson(running.pid, ['--loop', loop, '--loops', '30']);
    t.is(traced.report.hooks[0]?.loop, loop);
    t.is(traced.report.hooks[0]?.boundary, hasWatchpoints() ? 'watchpoint' : 'handler');
    findsTheLeak(t, traced);
  });
}

integration('a native function is a loop', async (t, place) => {
  const running = await place.startReady(program);
  const traced = await place.attachJson(running.pid, ['--loop', 'symbol:zend_gc_collect_cycles', '--loops', '30']);
  t.is(traced.report.hooks[0]?.boundary, 'symbol');
  findsTheLeak(t, traced);
});

integration(
  'without --loop the function that is called again and again is chosen, and the choice is explained',
  async (t, place) => {
    const running = await place.startReady(program);
    const traced = await place.attachJson(running.pid, ['--loops', '30']);
    t.is(traced.report.hooks[0]?.loop, 'handle', JSON.stringify(traced.report.hooks));
    t.truthy(traced.report.hooks[0]?.evidence);
    t.regex(traced.stderr, /handle/);
    findsTheLeak(t, traced);
  },
);

integration(
  'without --loop a function that takes most of a second is chosen before those that it calls',
  async (t, place) => {
    const running = await place.startReady('test/integration/programs/slow-turns.php');
    const { report, stderr } = await place.attachJson(running.pid, ['--loops', '5', '--duration', '20s']);
    t.is(report.hooks[0]?.loop, 'work', stderr);
  },
);

integration(
  'without --loop it is no function far below that is called in the midst of making a call',
  async (t, place) => {
    const running = await place.startReady('test/integration/programs/deep-calls.php');
    const { report, stderr } = await place.attachJson(running.pid, ['--loops', '5', '--duration', '20s']);
    t.is(report.hooks[0]?.loop, 'work', stderr);
  },
);

integration('the handler of the first opline serves where no watchpoint is wanted', async (t, place) => {
  const running = await place.startReady(program);
  const traced = await place.attachJson(running.pid, ['--loop', 'handle', '--boundary', 'handler', '--loops', '30']);
  t.is(traced.report.hooks[0]?.boundary, 'handler');
  findsTheLeak(t, traced);
});

integration(
  'where all watchpoints are taken the loop is found all the same, and noticed by its handler',
  async (t, place) => {
    const running = await place.startReady(program);
    const taken = takeWatchpoints(running.pid);
    t.teardown(() => taken.free());
    const traced = await place.attachJson(running.pid, ['--loops', '30']);
    t.like(traced.report.hooks[0], { loop: 'handle', boundary: 'handler' }, JSON.stringify(traced.report.hooks));
    t.regex(traced.stderr, /no hardware watchpoint: .+: its opline's handler is probed instead/);
    findsTheLeak(t, traced);
  },
);

integration('perf-event links serve where uprobe_multi is not to be had', async (t, place) => {
  const running = await place.startReady(program);
  findsTheLeak(t, await place.attachJson(running.pid, ['--loop', 'handle', '--links', 'perf', '--loops', '30']));
});

integration('two loops at once are each charged with their own', async (t, place) => {
  const file = 'test/integration/programs/two-loops.php';
  const running = await place.startReady(file);
  const args = ['--loop', 'onRequest', '--loop', 'onTimer', '--loops', '30'];
  const { report, exitCode } = await place.attachJson(running.pid, args);
  t.is(exitCode, 1);
  t.deepEqual(
    report.hooks.map((hook) => hook.loop),
    ['onRequest', 'onTimer'],
  );
  const found = suspects(report).map((site) => [site.loop, site.line, site.verdict, site.bytesPerLoop]);
  t.deepEqual(
    found.toSorted(),
    [
      ['onRequest', markedLine(join(root, file), '@request-1'), 'leak', 1280],
      ['onTimer', markedLine(join(root, file), '@timer-1'), 'leak', 320],
    ],
    JSON.stringify(report, null, 1),
  );
});

integration(
  'loops that have no turn while others had theirs are not waited for, and each is told what became of it',
  async (t, place) => {
    const running = await place.startReady('test/integration/programs/two-loops.php');
    const loops = ['onRequest', 'onReload', 'onTimer', 'onNothing'];
    const args = [...loops.flatMap((loop) => ['--loop', loop]), '--loops', '30', '--duration', '24s'];
    const { report, exitCode } = await place.attachJson(running.pid, args);
    t.is(exitCode, 1);
    t.is(report.ended, '30 loops; onReload, onNothing had no turn for 4 s');
    t.deepEqual(
      report.hooks.map(({ loop, boundary, verdict, verdictReason }) => [
        loop,
        boundary !== null,
        verdict,
        verdictReason,
      ]),
      [
        ['onRequest', true, 'leak', undefined],
        [
          'onReload',
          true,
          'unknown',
          'onReload was not called while the trace ran: trace longer (--duration), or name another loop (--loop)',
        ],
        ['onTimer', true, 'leak', undefined],
        ['onNothing', false, 'unknown', `onNothing was not called: process ${running.pid} has run no such code`],
      ],
    );
  },
);

integration('a function that is included later is waited for, and the wait is said', async (t, place) => {
  const running = await place.startReady('test/integration/programs/late.php');
  const { report, exitCode, stderr } = await place.attachJson(running.pid, ['--loop', 'lateHandle', '--loops', '30']);
  t.is(exitCode, 1, stderr);
  t.regex(stderr, /lateHandle/);
  const line = markedLine(join(root, 'test/integration/programs/late-functions.php'), '@leak-1');
  t.deepEqual(
    suspects(report).map((site) => [site.line, site.verdict]),
    [[line, 'leak']],
  );
});

integration('with no loop at all, the line that grew most comes first', async (t, place) => {
  const running = await place.startReady(program);
  const { report, exitCode } = await place.attachJson(running.pid, ['--loop', 'none', '--duration', '3s']);
  t.deepEqual(
    report.hooks.map(({ loop, boundary }) => ({ loop, boundary })),
    [{ loop: 'none', boundary: 'none' }],
  );
  t.is(report.sites[0]?.line, leak, JSON.stringify(report, null, 1));
  t.not(exitCode, 0, 'growth without loops is no proof of innocence');
});

integration('the verifier has room to spare for each program', async (t, place) => {
  const running = await place.startReady(program);
  const tracer = place.startPhptrace(['attach', String(running.pid), '--loop', 'handle', '--loops', '100000']);
  await until(() => tracer.stderr.includes('loop: handle') || tracer.ended !== undefined, 'probes');
  const folder = `/proc/${String(tracer.pid)}/fdinfo`;
  // Since Linux 5.16; links to programs have no such line.
  const verified = readdirSync(folder).flatMap((fd) => {
    const [, instructions] = /^verified_insns:\s*(\d+)$/m.exec(readFileSync(join(folder, fd), 'utf8')) ?? [];
    return instructions === undefined ? [] : [Number(instructions)];
  });
  tracer.signal('SIGINT');
  await tracer.endedWithin(20);
  const most = Math.max(...verified);
  t.log(`${String(most)} instructions were looked at of the program with most`);
  t.true(most > 1000, JSON.stringify(verified));
  t.true(most < MOST_VERIFIED / 10, String(most));
});

function findsTheLeak(t: ExecutionContext, { report, exitCode, stderr }: JsonRun): void {
  const detail = `${JSON.stringify(report, null, 1)}\n${stderr}`;
  t.is(exitCode, 1, detail);
  const found = suspects(report).map((site) => [site.line, site.function, site.verdict, site.bytesPerLoop]);
  t.deepEqual(found, [[leak, 'Store::keep', 'leak', 1280]], detail);
  t.true(report.accounting.accounted >= 0.99, detail);
}
