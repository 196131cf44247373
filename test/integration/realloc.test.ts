import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { integration, php, root, until } from './harness.js';
import { alignment, loopRecords, measuredCalls, readMeasurement } from './measurement.js';
import { suspects } from './report-json.js';
import { markedLine } from './truth.js';

// Each way in which the allocator can resize a block, told by sizes: bins up to 3072 bytes, pages up to 2 MB less one
// page, above that huge blocks. The program says whether the block moved, so no form is tested by mistake.

const extensionDirectory = join(root, 'build/test-extension');
const program = join(root, 'test/integration/programs/realloc.php');

interface Form {
  readonly title: string;
  readonly args: readonly [from: number, to: number, fate: 'keep' | 'free', where: 'next' | 'apart'];
  readonly moves: boolean;
  /** What each marked line keeps, bytes a loop; lines that keep nothing are absent. */
  readonly keeps: Readonly<Record<string, number>>;
  /** Bytes a loop that the allocator takes for its own record of a huge block. */
  readonly own?: number;
}

const forms: readonly Form[] = [
  { title: 'within one bin', args: [1100, 1270, 'keep', 'next'], moves: false, keeps: { '@born-1': 1280 } },
  { title: 'from a bin to a larger one', args: [100, 200, 'keep', 'next'], moves: true, keeps: { '@grown-1': 224 } },
  { title: 'from a bin to pages', args: [3000, 3500, 'keep', 'next'], moves: true, keeps: { '@grown-1': 4096 } },
  {
    title: 'into the free pages behind',
    args: [8000, 12000, 'keep', 'next'],
    moves: false,
    keeps: { '@grown-1': 12288 },
  },
  {
    title: 'from pages to more pages elsewhere',
    args: [8000, 12000, 'keep', 'apart'],
    moves: true,
    keeps: { '@blocker-1': 8192, '@grown-1': 12288 },
  },
  {
    title: 'from pages to a huge block',
    args: [1_900_000, 2_200_000, 'keep', 'next'],
    moves: true,
    keeps: { '@grown-1': 2_203_648 },
    own: 24,
  },
  { title: 'of a huge block that moves', args: [2_200_000, 4_400_000, 'free', 'next'], moves: true, keeps: {} },
  { title: 'of a huge block in place', args: [2_200_000, 2_300_000, 'free', 'next'], moves: false, keeps: {} },
  { title: 'down to fewer pages', args: [12000, 8000, 'keep', 'next'], moves: false, keeps: { '@grown-1': 8192 } },
  { title: 'from pages down to a bin', args: [12000, 2000, 'keep', 'next'], moves: true, keeps: { '@grown-1': 2048 } },
  { title: 'of a huge block down in place', args: [4_400_000, 2_200_000, 'free', 'next'], moves: false, keeps: {} },
  { title: 'from a huge block down to pages', args: [2_200_000, 100_000, 'free', 'next'], moves: true, keeps: {} },
  { title: 'from a bin to a larger one, then freed', args: [100, 1000, 'free', 'next'], moves: true, keeps: {} },
];

test.before('the test extension builds', (t) => {
  if (process.getuid?.() === 0) execFileSync(join(root, 'test/extension/build.sh'), [extensionDirectory]);
  t.pass();
});

for (const { title, args, moves, keeps, own = 0 } of forms) {
  integration(`realloc ${title}: books and lines are right to the byte`, async (t, place) => {
    const measurement = place.path('measured');
    const command = ['-d', `extension=${extensionDirectory}/leaky.so`, program, ...args.map(String)];
    const running = place.start(php, command, { env: { PHPTRACE_TRUTH: measurement } });
    await until(() => measuredCalls(measurement) > 5, '5 calls');
    const { report, records } = await place.attachJson(running.pid, ['--loop', 'handle', '--loops', '40']);
    running.finish();
    await running.endedWithin(10);

    const [, moved, calls] = /moved (\d+) of (\d+)/.exec(running.stdout) ?? [];
    // Where a chunk of 2 MB ends there is no room behind a block.
    t.true(moves ? moved === calls : Number(moved) <= Number(calls) / 10, running.stdout);
    const kept = suspects(report).map((site) => [site.line, site.verdict, site.bytesPerLoop] as const);
    const expected = Object.entries(keeps).map(
      ([mark, bytes]) => [markedLine(program, mark), 'orphan', bytes] as const,
    );
    t.deepEqual(kept.toSorted(byLine), expected.toSorted(byLine), JSON.stringify(report, null, 1));
    const loops = loopRecords(records);
    t.not(alignment(loops, readMeasurement(measurement)), -1, 'the heap sizes are those that the program measured');
    for (const loop of loops) t.is(loop.explained, loop.heapAfter - loop.heapBefore - own, `loop ${loop.loop}`);
  });
}

const appends: readonly (readonly [title: string, start: number, step: number, times: number, keeps: number])[] = [
  ['from bin to bin', 100, 50, 40, 2560],
  ['from a bin to pages', 2900, 100, 10, 4096],
  ['page by page', 10_000, 1000, 50, 61_440],
  ['across 2 MB', 2_000_000, 40_000, 5, 2_203_648],
];

for (const [title, start, step, times, keeps] of appends) {
  integration(`a string that grows ${title} leaves one block of its last size`, async (t, place) => {
    const file = join(root, 'test/integration/programs/string-append.php');
    const measurement = place.path('measured');
    const args = [file, start, step, times].map(String);
    const running = place.start(php, args, { env: { PHPTRACE_TRUTH: measurement } });
    await until(() => measuredCalls(measurement) > 5, '5 calls');
    const { report, records } = await place.attachJson(running.pid, ['--loop', 'handle', '--loops', '40']);

    const kept = suspects(report).map((site) => [site.line, site.verdict, site.bytesPerLoop] as const);
    t.deepEqual(kept, [[markedLine(file, '@grown-1'), 'leak', keeps]], JSON.stringify(report, null, 1));
    t.not(alignment(loopRecords(records), readMeasurement(measurement)), -1);
    t.true(report.accounting.accounted >= 0.9999);
  });
}

function byLine(a: readonly [number, ...unknown[]], b: readonly [number, ...unknown[]]): number {
  return a[0] - b[0];
}
