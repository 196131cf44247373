import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { integration, php, root, type JsonRun } from './harness.js';
import { suspects } from './report-json.js';
import { markedLine } from './truth.js';

// Loops that are not called, do one thing and return. Each gets a right verdict, or none and the reason in one line.

const program = 'test/integration/programs/odd-loops.php';
const leak = markedLine(join(root, program), '@leak-1');
const turn = `odd-loops.php:${markedLine(join(root, program), '@turn-1')}`;

interface Leaking {
  readonly what: string;
  readonly loop: string;
  /** The program's argument, where that is not the loop. */
  readonly form?: string;
  readonly args?: readonly string[];
  readonly bytes?: number;
  readonly says?: RegExp;
}

const leaking: readonly Leaking[] = [
  { what: 'that calls itself is one loop', loop: 'recursing', bytes: 4 * 896, says: /called itself \d+ times/ },
  { what: 'that throws each time', loop: 'throwing' },
  { what: 'that is a generator', loop: 'generating' },
  { what: 'that a fiber starts', loop: 'fibrous' },
  { what: 'that is called thousands of times a second', loop: 'frequent', args: ['--loops', '10000'] },
  { what: 'that takes long', loop: 'slow', args: ['--loops', '5', '--warmup', '1'] },
  { what: 'of which only the loop inside it turns, named by its line', loop: turn, form: 'serving' },
];

for (const { what, loop, form = loop, args = ['--loops', '30'], bytes = 896, says } of leaking) {
  integration(`a loop ${what}`, async (t, place) => {
    const running = await place.startReady(program, [form]);
    const traced = await place.attachJson(running.pid, ['--loop', loop, ...args]);
    t.is(traced.report.hooks[0]?.loop, loop);
    findsTheLeak(t, traced, bytes);
    const notes = traced.report.notes.join('; ');
    if (says) t.regex(notes, says);
    else t.is(notes, '');
  });
}

integration('a loop of a microsecond that keeps nothing', async (t, place) => {
  const running = await place.startReady(program, ['instant']);
  const { report, exitCode } = await place.attachJson(running.pid, ['--loop', 'instant', '--loops', '20000']);
  const detail = JSON.stringify(report, null, 1);
  t.is(report.verdict, 'clean', detail);
  t.is(exitCode, 0);
  t.deepEqual(report.sites, [], detail);
  t.is(report.accounting.droppedEvents, 0);
  t.true(report.loops.settled >= 20_000, detail);
});

integration('a few very short loops that make an array longer are too few to tell', async (t, place) => {
  const running = await place.startReady(program, ['noting']);
  const { report, exitCode } = await place.attachJson(running.pid, ['--loop', 'noting', '--loops', '20']);
  const detail = JSON.stringify(report, null, 1);
  t.is(exitCode, 2, detail);
  t.regex(
    report.verdictReason ?? '',
    /^1 (line|array) grew .* about 200 loops more would \(--loops 220, --duration\)$/,
  );
  const { arrays, sites } = report;
  t.deepEqual(
    [...arrays, ...sites.filter(({ verdict }) => verdict === 'pending')].map(({ verdict, path }) => [verdict, path]),
    [['pending', 'static Kept::$noted']],
    detail,
  );
});

const innocent: readonly (readonly [what: string, loop: string, args: readonly string[]])[] = [
  ['a few very short loops that fill an array and empty it', 'batching', ['--loops', '20']],
  ['an array that was filled in the first call rests in a few short loops', 'warming', ['--loops', '10']],
  ['a heap of SPL to which as much comes as goes', 'passing', []],
];

for (const [what, loop, args] of innocent) {
  integration(what, async (t, place) => {
    const running = await place.startReady(program, [loop]);
    const { report, exitCode } = await place.attachJson(running.pid, ['--loop', loop, ...args]);
    const detail = JSON.stringify(report, null, 1);
    t.is(exitCode, 0, detail);
    t.deepEqual(report.arrays, [], detail);
  });
}

integration('a heap of SPL that gets numbers only is told by its length', async (t, place) => {
  const running = await place.startReady(program, ['queueing']);
  const { report, exitCode } = await place.attachJson(running.pid, ['--loop', 'queueing']);
  const detail = JSON.stringify(report, null, 1);
  t.is(exitCode, 1, detail);
  t.deepEqual(
    report.arrays.map(({ verdict, path, elementsPerLoop }) => [verdict, path, elementsPerLoop]),
    [['leak', 'static Kept::$queue', 1]],
    detail,
  );
  t.deepEqual(suspects(report), [], detail);
});

integration('an array of what a few very short loops have made is told by that', async (t, place) => {
  const running = await place.startReady(program, ['registering']);
  const { report, exitCode } = await place.attachJson(running.pid, ['--loop', 'registering', '--loops', '20']);
  const detail = JSON.stringify(report, null, 1);
  t.is(exitCode, 1, detail);
  t.deepEqual(report.arrays, [], detail);
  t.deepEqual(
    suspects(report).map(({ line, verdict, path }) => [line, verdict, path]),
    [[markedLine(join(root, program), '@registered-1'), 'leak', 'shutdown functions → [*]']],
    detail,
  );
});

integration('--loops auto has time to look at arrays, however short the loops', async (t, place) => {
  const running = await place.startReady(program, ['noting']);
  const { report, exitCode } = await place.attachJson(running.pid, ['--loop', 'noting']);
  const detail = JSON.stringify(report, null, 1);
  t.is(exitCode, 1, detail);
  t.deepEqual(
    suspects(report).map(({ line, verdict, path }) => [line, verdict, path]),
    [[markedLine(join(root, program), '@note-1'), 'leak', 'static Kept::$noted']],
    detail,
  );
  t.true(
    suspects(report).every(({ bytesPerLoop }) => Math.abs(bytesPerLoop - 16) < 1),
    detail,
  );
});

integration('a loop that ends the program in its thirtieth call', async (t, place) => {
  const traced = await place.runJson(
    [php, join(root, program), 'exiting', '30'],
    ['--loop', 'exiting', '--loops', '1000'],
  );
  findsTheLeak(t, traced, 896);
  // Of the calls 1 to 29 the last has no end, and the one before no neighbour.
  t.is(traced.report.loops.settled, 27 - 3, JSON.stringify(traced.report));
});

const underWay = (loop: string): string => `a call of ${loop} was still under way when the trace ended`;

const untold: readonly (readonly [what: string, loop: string, notes: readonly string[]])[] = [
  ['that lasts longer than the trace', 'endless', [underWay('endless')]],
  ['that is never left', 'serving', [`${underWay('serving')}; the loop inside it is --loop ${turn}`]],
  ['that is not called while the trace lasts', 'never_called', []],
];

for (const [what, loop, notes] of untold) {
  integration(`a loop ${what} has no verdict, and the reason is said`, async (t, place) => {
    const running = await place.startReady(program, [loop]);
    const { report, exitCode } = await place.attachJson(running.pid, ['--loop', loop, '--duration', '1']);
    t.is(exitCode, 2);
    t.is(report.ended, '1 s are over', 'a number alone is seconds');
    t.is(
      report.verdictReason,
      `${loop} was not called while the trace ran: trace longer (--duration), or name another loop (--loop)`,
    );
    t.deepEqual(report.notes, notes);
    t.deepEqual(report.sites, []);
    t.is(running.ended, undefined);
  });
}

integration('a loop that ends the program in its first call has no verdict', async (t, place) => {
  const args = ['--loop', 'exiting', '--loops', '1000'];
  const { report, exitCode } = await place.runJson([php, join(root, program), 'exiting', '1'], args);
  t.is(exitCode, 2);
  t.regex(report.verdictReason ?? '', /^only 0 loops of exiting were settled/);
});

integration('--loops auto whose time is over says how many loops more it takes', async (t, place) => {
  const args = ['--loop', 'slowing', '--loops', 'auto', '--duration', '3s'];
  const { report, exitCode } = await place.runJson([php, join(root, program), 'slowing'], args);
  const detail = JSON.stringify(report, null, 1);
  t.is(exitCode, 2, detail);
  t.is(report.ended, '3 s are over', detail);
  t.deepEqual(
    report.sites.map((site) => [site.line, site.verdict]),
    [[leak, 'pending']],
    detail,
  );
  const { settled } = report.loops;
  const [, more, loops] = /about (\d+) loops more would \(--loops (\d+), --duration\)/.exec(
    report.verdictReason ?? '',
  )!;
  t.true(Number(more) > 0, detail);
  t.is(Number(loops), settled + Number(more), detail);
});

function findsTheLeak(t: ExecutionContext, { report, exitCode, stderr }: JsonRun, bytes: number): void {
  const detail = `${JSON.stringify(report, null, 1)}\n${stderr}`;
  t.is(exitCode, 1, detail);
  t.deepEqual(
    suspects(report).map((site) => [site.line, site.function, site.verdict, site.outside, site.bytesPerLoop]),
    [[leak, 'Kept::one', 'leak', false, bytes]],
    detail,
  );
  t.is(report.accounting.accounted, 1, detail);
  t.is(report.accounting.droppedEvents, 0, detail);
}
