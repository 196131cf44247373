import { readFileSync } from 'node:fs';
import test from 'ava';
import { History } from '../../src/leaks/history.js';
import { judge } from '../../src/leaks/judgement.js';
import { buildReport } from '../../src/report/build.js';
import { renderJson } from '../../src/report/json.js';
import { loopLines } from '../../src/report/loop-lines.js';
import { summarizeLoop } from '../../src/report/loop-summary.js';
import type { Report } from '../../src/report/model.js';
import { palette } from '../../src/report/palette.js';
import { renderText } from '../../src/report/text.js';
import type { Counters, EndRecord, LateFree, LoopRecord, Residue, SiteRecord } from '../../src/trace/records.js';

const NONE: Counters = {
  events: 0,
  droppedEvents: 0,
  unknownFrees: 0,
  unknownFreedBytes: 0,
  missedFrees: 0,
  unreadFrames: 0,
  unresolved: 0,
};

test('a loop that leaks is told as the seed tells it, to the character', (t) => {
  const lines = loopLines(
    24265,
    {
      loop: 8,
      freed: [],
      kept: [
        { file: '/app/http_server.php', line: 125, bytes: 12928 },
        { file: '/app/http_server.php', line: 129, bytes: 12928 },
      ],
      totalBytes: 25216,
    },
    palette(false),
  );
  t.deepEqual(lines, [
    '[24265 (Loop 8)] /app/http_server.php:125 => [12928]',
    '[24265 (Loop 8)] /app/http_server.php:129 => [12928]',
    '[24265 (Loop 8)] ❌ This Loop TotalLeak: [25216]',
  ]);
});

test('a loop that frees what an earlier one left is told as the seed tells it, to the character', (t) => {
  const record = loop(2, {
    residue: [residue(42, 12288)],
    lateFrees: [lateFree(37, 42, 0, 12288)],
  });
  t.deepEqual(loopLines(28316, summarizeLoop(record, hookPhp), palette(false)), [
    '[28316 (Loop 2)] /app/hook.php:37 => [-12288]',
    'Free Pre (Loop 0) : /app/hook.php:42 => [12288]',
    '[28316 (Loop 2)] /app/hook.php:42 => [12288]',
    '[28316 (Loop 2)] ✅ Nice!! No Leak Were Detected In This Loop',
  ]);
});

test('in colour the bracketed numbers are red and the frees of earlier loops blue', (t) => {
  const record = loop(3, { residue: [residue(42, 500)], lateFrees: [lateFree(37, 42, 0, 100)] });
  t.deepEqual(loopLines(1, summarizeLoop(record, hookPhp), palette(true)), [
    '[1 (Loop 3)] /app/hook.php:37 => \x1b[31m[-100]\x1b[0m',
    '\x1b[34mFree Pre (Loop 0) : /app/hook.php:42 => [100]\x1b[0m',
    '[1 (Loop 3)] /app/hook.php:42 => \x1b[31m[500]\x1b[0m',
    '[1 (Loop 3)] ❌ This Loop TotalLeak: \x1b[31m[400]\x1b[0m',
  ]);
});

test('paths and functions of one line are one line, in the order of files and lines', (t) => {
  const record = loop(1, {
    residue: [residue(42, 64, 1), residue(7, 10), residue(42, 64, 2), { ...residue(42, 999), outside: true }],
  });
  t.deepEqual(summarizeLoop(record, hookPhp), {
    loop: 1,
    freed: [],
    kept: [
      { file: '/app/hook.php', line: 7, bytes: 10 },
      { file: '/app/hook.php', line: 42, bytes: 128 },
    ],
    totalBytes: 138,
  });
});

test('what went with the heap was freed by no line', (t) => {
  const record = loop(5, { lateFrees: [{ ...lateFree(0, 42, 1, 100), site: null }] });
  t.like(summarizeLoop(record, hookPhp), { freed: [], totalBytes: 0 });
});

test('a flush of hundreds of loops is told by its first ones and a sum', (t) => {
  const lateFrees = Array.from({ length: 300 }, (_, birthLoop) => lateFree(37, 42, birthLoop, 10));
  const lines = loopLines(1, summarizeLoop(loop(302, { lateFrees }), hookPhp), palette(false));
  t.is(lines.length, 1 + 20 + 1 + 1);
  t.is(lines[0], '[1 (Loop 302)] /app/hook.php:37 => [-3000]');
  t.is(lines[21], 'Free Pre (280 more, up to Loop 299) => [2800]');
});

test('a line that leaks in two functions is one line, and has one alarm', (t) => {
  const history = begun();
  history.add({ ...hookPhp(42), site: 43, function: '{closure}' });
  for (let n = 1; n <= 13; n++) {
    history.add(loop(n, { residue: [residue(42, 64), residue(43, 32), residue(37, 8)], heapAfter: 104 }));
  }
  history.add(end({}));
  const report = reportOf(history);
  t.is(report.sites.length, 3);
  const text = renderText(report, { color: false });
  t.deepEqual(text.match(/^The Possible .*$/gm), [
    'The Possible Leak As Malloc Size Keep Growth: /app/hook.php:42 => Growth Times : [10]; Growth Size : [960]',
    'The Possible Leak As Malloc Size Keep Growth: /app/hook.php:37 => Growth Times : [10]; Growth Size : [80]',
  ]);
  t.regex(text, /^LEAK: 2 lines keep 104 bytes a loop\.$/m);
  t.regex(text, /^\/app\/hook\.php:42 in handle\n[^]*^\/app\/hook\.php:42 in \{closure\}\n/m);
});

test('the text of a leak', (t) => {
  t.is(renderText(leakingReport(), { color: false }), golden('leak.txt'));
});

test('the text in colour is the same text', (t) => {
  const colored = renderText(leakingReport(), { color: true });
  // eslint-disable-next-line no-control-regex
  t.is(colored.replace(/\x1b\[\d+m/g, ''), golden('leak.txt'));
  t.true(colored.includes('\x1b[31m'));
});

test('the JSON of a leak', (t) => {
  t.is(renderJson(leakingReport()), golden('leak.json'));
});

test('the text of a trace that could not tell', (t) => {
  const history = begun();
  for (let n = 1; n <= 13; n++) {
    history.add(loop(n, { residue: n === 12 ? [residue(42, 4096)] : [], heapAfter: n === 12 ? 4096 : 0 }));
  }
  history.add(end({ reason: '10 loops' }));
  t.is(renderText(reportOf(history), { color: false }), golden('unknown.txt'));
});

test('the text of a clean trace ends with the verdict and the books', (t) => {
  const history = begun();
  for (let n = 1; n <= 13; n++) history.add(loop(n, {}));
  history.add(end({ reason: '10 loops' }));
  const report = reportOf(history);
  t.is(report.verdict, 'clean');
  t.is(report.accounting.accounted, 1);
  const text = renderText(report, { color: false });
  t.is(text.split('\n').filter((line) => line.includes('✅ Nice!!')).length, 13);
  t.true(
    text.endsWith(
      'NO LEAK: nothing accumulates from loop to loop.\n' +
        'pid 4711, PHP 8.2.36 cli; 10 loops of handle judged after 3 of warm-up; ended: 10 loops.\n\n' +
        'Books: the heap grew by 0 bytes, the events explain 0 (100.0 %).\n',
    ),
  );
});

test('of several loops each has its own verdict, also one that was not called, and one whose code never came', (t) => {
  const history = begun();
  history.add({ type: 'hook', hook: 1, loop: 'onTimer', boundary: 'watchpoint' });
  history.add({ type: 'hook', hook: 2, loop: 'onJob', boundary: 'watchpoint' });
  for (let n = 1; n <= 13; n++) {
    history.add(loop(n, { residue: [residue(42, 64)], heapAfter: 64 }));
    history.add({ ...loop(n, {}), hook: 1 });
  }
  const missing = [{ loop: 'onTick', why: 'process 4711 has run no such code' }];
  history.add(end({ loopsSeen: [15, 15, 0], missing }));
  const report = reportOf(history);
  t.deepEqual([report.verdict, report.verdictReason], ['leak', undefined]);
  const uncalled = 'onJob was not called while the trace ran: trace longer (--duration), or name another loop (--loop)';
  const unmet = 'onTick was not called: process 4711 has run no such code';
  t.deepEqual(report.hooks, [
    { loop: 'handle', boundary: 'watchpoint', verdict: 'leak', loops: { seen: 15, settled: 10 } },
    { loop: 'onTimer', boundary: 'watchpoint', verdict: 'clean', loops: { seen: 15, settled: 10 } },
    {
      loop: 'onJob',
      boundary: 'watchpoint',
      verdict: 'unknown',
      verdictReason: uncalled,
      loops: { seen: 0, settled: 0 },
    },
    { loop: 'onTick', boundary: null, verdict: 'unknown', verdictReason: unmet, loops: { seen: 0, settled: 0 } },
  ]);
  const text = renderText(report, { color: false });
  t.true(
    text.includes(`
LEAK: 1 line keeps 64 bytes a loop.
pid 4711, PHP 8.2.36 cli; 10 loops of handle, 10 of onTimer, 0 of onJob, 0 of onTick judged after 3 of warm-up; ended: 100 loops.
  handle: 10 loops judged: 1 line keeps 64 bytes a loop
  onTimer: 10 loops judged: nothing accumulates
  onJob: 0 loops judged: ${uncalled}
  onTick: 0 loops judged: ${unmet}
`),
    text,
  );
});

test('a loop that was not called before Ctrl-C', (t) => {
  const history = begun();
  history.add(end({ loopsSeen: [0], reason: 'interrupted' }));
  t.regex(
    reportOf(history).verdictReason ?? '',
    /^handle was not called before the trace was interrupted: trace longer/,
  );
});

test('the head says that lines beside the leaking ones are not decided', (t) => {
  const history = begun();
  for (let n = 1; n <= 13; n++) {
    history.add(loop(n, { residue: [residue(42, 64), ...(n === 12 ? [residue(37, 320)] : [])] }));
  }
  history.add(end({}));
  const text = renderText(reportOf(history), { color: false });
  t.true(text.includes('\nLEAK: 1 line keeps 64 bytes a loop; 1 more line is not decided (below).\n'), text);
});

test('where one of several loops was not called there is no telling, and the reason is that', (t) => {
  const history = begun();
  for (let n = 1; n <= 13; n++) history.add(loop(n, {}));
  history.add(end({ missing: [{ loop: 'onTick', why: 'process 4711 has run no such code' }] }));
  const { verdict, verdictReason } = reportOf(history);
  t.deepEqual([verdict, verdictReason], ['unknown', 'onTick was not called: process 4711 has run no such code']);
});

test('memory that grows outside of the heap is in the head and has lines of its own; what rests there is not told', (t) => {
  const told = (growth: number): { text: string; report: Report } => {
    const history = begun();
    for (let n = 1; n <= 103; n++) {
      const residentBytes = 4_000_000 + growth * n;
      history.add({ type: 'outside', loops: [n], residentBytes, mappedBytes: residentBytes });
      history.add(loop(n, {}));
    }
    history.add(end({}));
    const report = reportOf(history);
    return { text: renderText(report, { color: false }), report };
  };
  const { text, report } = told(40_960);
  t.is(report.verdict, 'clean');
  t.deepEqual(report.outside, {
    grows: true,
    loops: 78,
    bytes: 78 * 40_960,
    bytesPerLoop: 40_960,
    rates: Array.from({ length: 7 }, () => 40_960),
    loop: 'handle',
  });
  t.true(
    text.endsWith(`
NO LEAK in PHP's heap: nothing accumulates from loop to loop. Outside of PHP's heap memory grows by about 40960 bytes a loop.
pid 4711, PHP 8.2.36 cli; 100 loops of handle judged after 3 of warm-up; ended: 100 loops.

Outside of PHP's heap: about 40960 bytes a loop
  3194880 bytes over 78 loops, up to the end of the trace
  bytes a loop by parts of the trace: 40960, 40960, 40960, 40960, 40960, 40960, 40960
  no line of PHP can be named: PHP itself, an extension or a library has it by malloc or mmap and keeps it, or fills
  a cache with it
  the native code that takes it: sudo memleak-bpfcc -p 4711, or heaptrack -p 4711

Books: the heap grew by 0 bytes, the events explain 0 (100.0 %).
`),
    text.slice(-1200),
  );
  const quiet = told(0);
  t.like(quiet.report.outside, { grows: false, bytes: 0 });
  t.regex(quiet.text, /^NO LEAK: nothing accumulates from loop to loop\.$/m);
  t.notRegex(quiet.text, /utside of PHP/);
});

test('a process watched as a whole has no loops, and what is alive is told', (t) => {
  const history = begun('none', 'none');
  const alive = [
    { site: 42, path: 1, outside: true, blocks: 3, bytes: 960 },
    { site: 37, path: 0, outside: true, blocks: 1, bytes: 320 },
  ];
  history.add(end({ alive, loopsSeen: [0], reason: 'interrupted' }));
  const report = reportOf(history);
  t.like(report, { verdict: 'unknown', loops: { seen: 0, settled: 0 } });
  t.regex(report.verdictReason!, /watched as a whole/);
  t.regex(
    renderText(report, { color: false }),
    /\nAlive: \/app\/hook\.php:42 in handle: 960 bytes in 3 blocks\nAlive: /,
  );
});

test('of a long trace the last 100 loops are shown, and how many are not', (t) => {
  const history = begun();
  for (let n = 1; n <= 250; n++) history.add(loop(n, {}));
  history.add(end({}));
  const lines = renderText(reportOf(history), { color: false }).split('\n');
  t.is(lines[0], '(150 earlier loops are not shown)');
  t.is(lines[1], '[4711 (Loop 151)] ✅ Nice!! No Leak Were Detected In This Loop');
  t.is(lines.filter((line) => line.includes('Nice!!')).length, 100);
});

test('the loops of several hooks are told apart', (t) => {
  const history = begun();
  history.add({ type: 'hook', hook: 1, loop: 'Timer::tick', boundary: 'handler' });
  for (let n = 1; n <= 10; n++) {
    history.add(loop(n, {}));
    history.add({ ...loop(n, { residue: [residue(42, 64)] }), hook: 1 });
  }
  history.add(end({ loopsSeen: [12, 12] }));
  const report = reportOf(history);
  t.like(report.sites[0], { loop: 'Timer::tick', verdict: 'leak' });
  t.deepEqual(report.loops, { seen: 24, warmup: 3, settled: 14 });
  const text = renderText(report, { color: false });
  t.true(text.startsWith('Loops of handle:\n'));
  t.true(text.includes('\nLoops of Timer::tick:\n'));
  t.true(text.includes('/app/hook.php:42 in handle (loop Timer::tick)'));
});

test('control characters in names of the traced program do not reach the terminal', (t) => {
  const history = begun();
  history.add({ type: 'site', site: 66, file: '/app/\x1b[2J\nevil\u202e.php', line: 6, function: 'f\x07' });
  for (let n = 1; n <= 10; n++) history.add(loop(n, { residue: [{ ...residue(42, 64), site: 66 }] }));
  history.add(end({ notes: ['a\rb'] }));
  const text = renderText(reportOf(history), { color: false });
  t.true(text.includes('/app/\\u001b[2J\\u000aevil\\u202e.php:6 in f\\u0007'));
  // eslint-disable-next-line no-control-regex
  t.notRegex(text, /[\x00-\x09\x0b-\x1f\x7f\u202e]/);
});

test('a growth that the events do not explain shows in the books', (t) => {
  const history = begun();
  for (let n = 1; n <= 10; n++) history.add({ ...loop(n, { heapAfter: 100 }), explained: 75 });
  history.add(end({}));
  t.like(reportOf(history).accounting, { growthBytes: 1000, explainedBytes: 750, accounted: 0.75 });
});

/** A worker whose library keeps 320 bytes a loop, whose timer keeps 64, and which has innocent lines too. */
function leakingReport(): Report {
  const history = begun();
  history.add({ type: 'site', site: 5, file: '/app/vendor/acme/bus/Bus.php', line: 88, function: 'Bus::push' });
  history.add({ type: 'site', site: 6, file: '/app/vendor/acme/bus/Facade.php', line: 12, function: 'Facade::add' });
  history.add({ type: 'site', site: 9, file: null, line: 0, function: null });
  history.add({ type: 'path', path: 2, sites: [5, 6, 7], truncated: false });
  for (let n = 1; n <= 13; n++) {
    const kept: Residue[] = [
      { site: 5, path: 2, outside: false, blocks: 1, bytes: 320 },
      { site: 9, path: 0, outside: true, blocks: 1, bytes: 64 },
      residue(42, 12288),
    ];
    if (n === 1) kept.push(residue(37, 8192));
    const lateFrees = n >= 2 ? [lateFree(37, 42, n - 2, 12288)] : [];
    history.add(loop(n, { residue: kept, lateFrees, heapAfter: 384 + (n === 1 ? 20480 : 0) }));
  }
  history.add({
    type: 'snapshot',
    pauseNs: 12_500_000,
    heapBytes: 40_000_000,
    blocks: 300_000,
    collector: { enabled: true, threshold: 10_001, roots: 17, runs: 2 },
  });
  const counts = { alive: 10, blocks: 10, reached: 0, cycle: 0, orphan: 0, missing: 0 };
  const nothing = { ...counts, holder: null, path: null, types: [], garbageTypes: [], loops: [] };
  const holder = 'static Bus::$queue';
  const path = "static Bus::$queue → [*] → 'body'";
  const held = { ...nothing, reached: 10, holder, path, types: ['string', 'App\\Job'] };
  history.add({ type: 'held', hook: 0, site: 5, outside: false, ...held });
  history.add({ type: 'held', hook: 0, site: 9, outside: true, ...nothing, orphan: 10, types: ['(unknown)'] });
  history.add(
    end({
      reason: '10 loops',
      counters: { ...NONE, events: 1000, unknownFrees: 4, unknownFreedBytes: 640 },
      loopsSeen: [15],
      notes: ['the process forked once: its child was not traced'],
    }),
  );
  return buildReport(history, judge(history), { log: '/var/lib/phptrace/4711.ndjson' });
}

function begun(name = 'handle', boundary: 'watchpoint' | 'none' = 'watchpoint'): History {
  const history = new History();
  const startedAt = '2026-01-02T03:04:05.000Z';
  history.add({ type: 'trace', schema: 1, pid: 4711, php: '8.2.36', sapi: 'cli', mode: 'exact', startedAt, warmup: 3 });
  history.add({ type: 'hook', hook: 0, loop: name, boundary });
  for (const line of [7, 37, 42]) history.add(hookPhp(line));
  history.add({ type: 'path', path: 1, sites: [42, 7], truncated: false });
  return history;
}

function reportOf(history: History): Report {
  return buildReport(history, judge(history), { log: null });
}

/** Sites of `hook.php` are numbered as their lines. */
function hookPhp(line: number): SiteRecord {
  return { type: 'site', site: line, file: '/app/hook.php', line, function: 'handle' };
}

function residue(line: number, bytes: number, path = 0): Residue {
  return { site: line, path, outside: false, blocks: 1, bytes };
}

function lateFree(line: number, birthLine: number, birthLoop: number, bytes: number): LateFree {
  return { site: line, birthSite: birthLine, birthPath: 0, birthLoop, outside: false, blocks: 1, bytes };
}

interface LoopParts {
  readonly residue?: Residue[];
  readonly lateFrees?: LateFree[];
  readonly heapAfter?: number;
}

function loop(n: number, { residue = [], lateFrees = [], heapAfter = 0 }: LoopParts): LoopRecord {
  return {
    type: 'loop',
    hook: 0,
    loop: n,
    residue,
    offset: [],
    lateFrees,
    heapBefore: 0,
    heapAfter,
    explained: heapAfter,
    births: residue.length,
    durationNs: 1_000_000,
  };
}

function end(parts: Partial<EndRecord>): EndRecord {
  return { type: 'end', reason: '100 loops', conclusive: true, counters: NONE, loopsSeen: [15], notes: [], ...parts };
}

function golden(name: string): string {
  return readFileSync(new URL(`../../../test/fixtures/report/${name}`, import.meta.url), 'utf8');
}
