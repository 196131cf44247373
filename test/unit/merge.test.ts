import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { loopsInCommon } from '../../src/leaks/side-by-side.js';
import { mergeTraces, type TracedProcess } from '../../src/merge.js';
import { buildReport } from '../../src/report/build.js';
import { renderGroupText } from '../../src/report/group-text.js';
import type { GroupReport, MergedReport } from '../../src/report/group-model.js';
import { fillingCache, leak, onceIn, ring, type Line } from './simulated-lines.js';
import { SimulatedProcess } from './simulated-process.js';

const directory = mkdtempSync(join(tmpdir(), 'phptrace-merge-'));
test.after.always(() => rmSync(directory, { recursive: true }));

const LOOPS = 60;

test('a line that leaks in every process is one line, summed, and its bytes a loop are the mean', (t) => {
  const { merged, processes } = merge([leak(), leak(), leak(0.5)].map((line) => trace(line)));
  t.is(merged.verdict, 'leak');
  t.is(processes.length, 3);
  t.deepEqual(merged.loops, { seen: 3 * (LOOPS + 6), warmup: 3, settled: 3 * LOOPS });
  t.is(merged.sites.length, 1);
  const [site] = merged.sites;
  t.is(
    site?.bytes,
    processes.reduce((sum, report) => sum + (report.sites[0]?.bytes ?? 0), 0),
  );
  t.is(site?.bytesPerLoop, (site?.bytes ?? 0) / (3 * LOOPS));
  t.deepEqual(
    site?.processes.map(({ pid, verdict }) => [pid, verdict]),
    processes.map(({ pid }) => [pid, 'leak']),
  );
});

test('a leak in one process of many is a leak of all, and the text says in how many', (t) => {
  const group = merge([leak(), idle, idle].map((line) => trace(line)));
  t.is(group.merged.verdict, 'leak');
  const pids = group.processes.map(({ pid }) => pid);
  t.true(
    renderGroupText(group, { color: false }).endsWith(
      `
LEAK in 3 processes together: 1 line keeps ${(320 / 3).toFixed(1)} bytes a loop.
${3 * LOOPS} loops judged, of pid ${pids.join(', ')}; after 3 of warm-up in each.

/srv/app.php:1 in handle (loop handle)
  ${(320 / 3).toFixed(1)} bytes a loop in the mean; ${320 * LOOPS} bytes in ${LOOPS} blocks of 1 of 3 processes
  by process: ${pids[0]} leak 320
`,
    ),
  );
});

test('innocent processes are innocent together', (t) => {
  const { verdict, sites } = merge([ring(5), ring(7), idle].map((line) => trace(line))).merged;
  t.is(verdict, 'clean');
  t.true(sites.every((site) => site.verdict === 'offset' || site.verdict === 'bounded'));
});

test('a cache that still fills in a young process is not accused where an older one shows that it comes to rest', (t) => {
  const filling: Line = fillingCache(40, 1);
  const old = trace(filling, 400);
  t.is(old.report.sites[0]?.verdict, 'bounded');
  const young = trace(filling, 15);
  t.not(young.report.sites[0]?.verdict, 'bounded');
  const { verdict, sites } = merge([old, young]).merged;
  t.not(verdict, 'leak');
  t.not(sites[0]?.verdict, 'leak');
  t.is(merge([young]).merged.verdict, young.report.verdict, 'alone it is judged alone');
});

test('processes with too few loops say nothing where others have enough, and are named', (t) => {
  const short = trace(leak(), 2);
  const idleOne = trace(idle, 0);
  const { merged } = merge([trace(idle), short, idleOne]);
  t.is(merged.verdict, 'clean');
  t.deepEqual(
    merged.short.map(({ pid }) => pid),
    [short.report.pid, idleOne.report.pid],
  );
  const none = merge([short, idleOne]).merged;
  t.is(none.verdict, 'unknown');
  t.regex(none.verdictReason ?? '', /only 2 loops/);
});

test('loops that only some processes have are judged by these; one that none has leaves a doubt, a leak stands', (t) => {
  const unmet = (loop: string) => ({ loop, why: 'the process has run no such code' });
  const one = trace(idle, LOOPS, { missing: [unmet('onJob')] });
  const other = trace(idle, LOOPS, { missing: [unmet('handle')] }, 'onJob');
  t.is(one.report.verdict, 'unknown');
  const { merged } = merge([one, other]);
  t.deepEqual([merged.verdict, merged.short], ['clean', []]);
  const lacking = merge([one, one]).merged;
  t.is(lacking.verdict, 'unknown');
  t.is(lacking.verdictReason, `process ${one.report.pid}: onJob was not called: the process has run no such code`);
  t.is(merge([one, trace(leak())]).merged.verdict, 'leak');
});

test('a process that was named and not traced leaves a doubt, a child does not, a leak stands', (t) => {
  const lost = (named: boolean) => ({ untraced: [{ pid: 9, reason: 'no rights', named }], notes: [] });
  t.is(mergeTraces([trace(idle)], lost(false)).merged.verdict, 'clean');
  const { merged } = mergeTraces([trace(idle)], lost(true));
  t.deepEqual([merged.verdict, merged.verdictReason], ['unknown', 'process 9 was not traced: no rights']);
  t.is(mergeTraces([trace(leak())], lost(true)).merged.verdict, 'leak');
});

test('lost events in one process leave a doubt on all', (t) => {
  const lossy = trace(idle, LOOPS, { droppedEvents: 7 });
  const { verdict, verdictReason } = merge([trace(idle), lossy]).merged;
  t.is(verdict, 'unknown');
  t.regex(verdictReason ?? '', new RegExp(`process ${lossy.report.pid}: 7 events were lost`));
  t.is(merge([trace(leak()), lossy]).merged.verdict, 'leak');
});

test('as many loops are laid side by side as make most use of what was seen', (t) => {
  t.is(loopsInCommon([100, 20, 20, 20]), 20);
  t.is(loopsInCommon([100, 90, 10]), 90);
  t.is(loopsInCommon([100]), 0);
  t.is(loopsInCommon([100, 4, 4, 4]), 0);
});

test('a log that is gone is said, and the rest is judged', (t) => {
  const pending = [1, 2, 3].map(() => trace(onceIn(20), 24));
  const torn = pending.map((one) => ({ ...one, report: { ...one.report, log: join(directory, 'gone') } }));
  const { merged } = merge(torn);
  t.is(merged.verdict, 'unknown');
  t.regex(merged.notes.join(), /could not be laid side by side: cannot read the log/);
});

// Workers that live for some 24 loops each: the confusion of what ten of them show together, over 60 pools of a kind.
const POOLS = 60;
for (const [what, line, expected] of [
  ['a leak in each eighth loop', () => leak(1 / 8), { leak: [0.8, 1] }],
  ['a leak in each fourth loop', () => leak(1 / 4), { leak: [0.95, 1] }],
  ['what each makes once at some time', onceSomewhere, { leak: [0, 0] }],
  ['a ring of eight', () => ring(8), { leak: [0, 0], clean: [0.99, 1] }],
] as const) {
  test(`ten short-lived workers together: ${what}`, (t) => {
    const counts: Record<MergedReport['verdict'], number> = { leak: 0, clean: 0, unknown: 0 };
    for (let pool = 0; pool < POOLS; pool++) {
      const { merged } = merge(Array.from({ length: 10 }, (_, at) => trace(line(), 20 + ((pool + at) % 8))));
      counts[merged.verdict]++;
    }
    t.log(JSON.stringify(counts));
    for (const [verdict, [least, most]] of Object.entries(expected)) {
      const share = counts[verdict as MergedReport['verdict']] / POOLS;
      t.true(share >= least && share <= most, JSON.stringify(counts));
    }
  });
}

const idle: Line = () => () => undefined;

function onceSomewhere(): Line {
  return (process) => {
    const when = Math.floor(process.random() * 60);
    return onceIn(when)(process);
  };
}

let seeds = 0;

/** One process that does this in each loop, traced and judged, with its log in a file. */
function trace(
  line: Line,
  loops = LOOPS,
  end: Parameters<SimulatedProcess['end']>[0] = {},
  loop = 'handle',
): TracedProcess {
  const seed = ++seeds;
  const simulated = new SimulatedProcess(seed, 3, loop);
  simulated.run(loops, line(simulated));
  simulated.end(end);
  const log = join(directory, `${seed}.ndjson`);
  writeFileSync(log, simulated.records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const judgement = simulated.judgement();
  return { report: { ...buildReport(simulated.history, judgement, { log }), pid: 1000 + seed }, judgement };
}

function merge(traced: readonly TracedProcess[]): GroupReport {
  return mergeTraces(traced, { untraced: [], notes: [] });
}
