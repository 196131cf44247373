import { readFileSync } from 'node:fs';
import test from 'ava';
import { alignedPaths } from '../../src/report/align-paths.js';
import type { SnapshotDiff } from '../../src/report/diff-model.js';
import { renderDiffText } from '../../src/report/diff-text.js';
import { readableSize, signedSize } from '../../src/report/readable-size.js';
import type { SnapshotReport } from '../../src/report/snapshot-model.js';
import { alike } from '../../src/report/snapshot-report.js';
import { renderSnapshotText } from '../../src/report/snapshot-text.js';

const process = {
  pid: 4242,
  php: '8.2.36',
  sapi: 'cli',
  command: 'php worker.php \u001b[2J',
  buildId: 'f401',
  takenAt: '2026-11-25T09:00:00.000Z',
  pauseMs: 12.34,
};

const report: SnapshotReport = {
  schema: 1,
  process,
  heap: { liveBytes: 3_000_000, blocks: 12_345, reachable: { count: 12_000, bytes: 2_950_000 } },
  paths: [
    { holder: 'static A::$b', path: "static A::$b → [*] → 'body'", type: 'string', blocks: 10_000, bytes: 2_000_000 },
    { holder: 'executor', path: 'executor', type: '(VM stack)', blocks: 1, bytes: 262_144 },
  ],
  otherPaths: { paths: 3, blocks: 1_999, bytes: 687_856 },
  holders: [],
  types: [
    { type: 'string', blocks: 11_000, shallowBytes: 2_100_000, retainedBytes: 2_100_000 },
    { type: 'App\\User', blocks: 300, shallowBytes: 16_800, retainedBytes: 600_000 },
  ],
  otherTypes: { types: 2, blocks: 44, shallowBytes: 883_200 },
  garbage: {
    cycles: { count: 300, bytes: 40_000 },
    kept: { count: 40, bytes: 9_000 },
    orphans: { count: 1, bytes: 1_000 },
    causes: [
      {
        kind: 'cycle',
        count: 1,
        blocks: 2,
        retainedBytes: 20_000,
        types: ['App\\Node', 'array'],
        address: '0x7f0000001000',
      },
      { kind: 'orphan', count: 1, blocks: 1, retainedBytes: 1_000, types: ['(unknown)'], address: '0x7f0000002000' },
    ],
    otherCauses: 7,
    collector: { enabled: true, threshold: 10_001, roots: 200, runs: 3 },
  },
  duplicates: {
    contents: 12,
    wastedBytes: 500_000,
    strings: [
      {
        count: 900,
        lengthBytes: 180,
        wastedBytes: 400_000,
        hash: '00ff00ff00ff00ff',
        path: 'static A::$b → [7]',
        text: null,
      },
      { count: 2, lengthBytes: 5, wastedBytes: 32, hash: '0000000000000001', path: null, text: 'a\nb' },
    ],
  },
  fragmentation: {
    mappedBytes: 6_291_456,
    liveBytes: 3_000_000,
    bins: [
      { slotBytes: 32, live: 100, free: 28, freeBytes: 896 },
      { slotBytes: 320, live: 20, free: 40, freeBytes: 12_800 },
    ],
    freePageBytes: 2_000_000,
    collectableBytes: 8_192,
    emptyChunks: 1,
    chunks: 3,
    cachedChunks: 0,
  },
  why: null,
  notes: ['something was left out'],
};

test('a snapshot reads as its golden file', (t) => {
  t.is(renderSnapshotText(report, { color: false }), golden('snapshot.txt'));
});

test('what is not there is not spoken of', (t) => {
  const none = { count: 0, bytes: 0 };
  const text = renderSnapshotText(
    {
      ...report,
      garbage: { ...report.garbage, cycles: none, kept: none, orphans: none, causes: [], otherCauses: 0 },
      duplicates: { contents: 1, wastedBytes: 100, strings: [] },
      notes: [],
    },
    { color: false },
  );
  t.false(/leads to|more than once|Note/.test(text), text);
});

test('causes of garbage that are alike are one row with a count, and what they retain together decides the order', (t) => {
  const cycle = {
    kind: 'cycle',
    count: 1,
    blocks: 2,
    retainedBytes: 1024,
    types: ['App\\Node'],
    address: '0x7f0000001000',
  } as const;
  const lone = { ...cycle, blocks: 3, retainedBytes: 4096 };
  const causes = alike([
    lone,
    cycle,
    { ...cycle, address: '0x7f0000002000' },
    { ...cycle, kind: 'kept' },
    ...Array<typeof cycle>(18).fill(cycle),
  ]);
  const text = renderSnapshotText({ ...report, garbage: { ...report.garbage, causes } }, { color: false });
  t.deepEqual(text.match(/^.*App\\Node \(.*$/gm), [
    '    20.0 KiB  cycle of 2, 20 times: App\\Node (such as 0x7f0000001000)',
    '     4.0 KiB  cycle of 3: App\\Node (0x7f0000001000)',
    '     1.0 KiB  kept of 2: App\\Node (0x7f0000001000)',
  ]);
});

test('a collector that is off is told', (t) => {
  const collector = { enabled: false, threshold: 10_001, roots: 200, runs: 0 };
  const text = renderSnapshotText({ ...report, garbage: { ...report.garbage, collector } }, { color: false });
  t.true(text.includes("PHP's collector is off (zend.enable_gc): they stay until gc_collect_cycles()"), text);
});

test('the answer to why stands instead of the lists', (t) => {
  const why = {
    asked: '0x7f0000003000',
    type: 'string',
    blocks: 1,
    bytes: 224,
    sample: 1,
    paths: [{ holder: 'static A::$b', path: "static A::$b → [4711] → 'body'", blocks: 1, bytes: 224 }],
    otherPaths: 0,
    inCycles: 0,
    orphans: 0,
    content: { lengthBytes: 180, hash: '00ff00ff00ff00ff', text: null },
  };
  const lines = renderSnapshotText({ ...report, why, notes: [] }, { color: false }).split('\n');
  t.deepEqual(lines.slice(3), [
    'The block at 0x7f0000003000: string, 224 bytes, 180 bytes, SHA-256 00ff00ff00ff00ff.',
    "  held by static A::$b → [4711] → 'body'",
    '',
  ]);
});

test('of very many instances a sample is looked at, and its sizes are said to be that', (t) => {
  const path = { holder: 'static A::$b', path: 'static A::$b → [*]', blocks: 20_000, bytes: 1_120_000 };
  const why = {
    asked: 'User',
    type: 'User',
    blocks: 90_000,
    bytes: 5_040_000,
    sample: 20_000,
    paths: [path],
    otherPaths: 3,
    inCycles: 0,
    orphans: 0,
    content: null,
  };
  const lines = renderSnapshotText({ ...report, why, notes: [] }, { color: false }).split('\n');
  t.deepEqual(lines.slice(3), [
    'User: 90,000 alive, 4.8 MiB.',
    "Held by (a sample of 20,000 of 90,000: sizes are the sample's):",
    '  1.1 MiB  20,000  static A::$b → [*]',
    '  and 3 other ways',
    '',
  ]);
});

test('a diff reads as its golden file', (t) => {
  const diff: SnapshotDiff = {
    schema: 1,
    before: process,
    after: { ...process, takenAt: '2026-11-25T09:00:10.000Z' },
    seconds: 10,
    blocks: 900,
    bytes: 127_240,
    paths: [
      {
        holder: 'static A::$b',
        path: 'static A::$b → [*]',
        type: 'array',
        blocks: 600,
        bytes: 112_800,
        afterBlocks: 9,
        afterBytes: 9,
      },
      {
        holder: 'static A::$b',
        path: 'static A::$b',
        type: 'array',
        blocks: 0,
        bytes: 14_440,
        afterBlocks: 2,
        afterBytes: 9,
      },
      { holder: 'x', path: 'x', type: '(engine)', blocks: -1, bytes: -16, afterBlocks: 0, afterBytes: 0 },
    ],
    holders: [{ holder: 'static A::$b', blocks: 600, bytes: 127_240, afterBlocks: 9, afterBytes: 9 }],
    types: [{ type: 'array', blocks: 300, bytes: 127_240, afterBlocks: 9, afterBytes: 9 }],
    reachable: { count: 899, bytes: 127_224 },
    cycles: { count: 1, bytes: 16 },
    kept: { count: 0, bytes: 0 },
    orphans: { count: 0, bytes: 0 },
    notes: [],
  };
  t.is(renderDiffText(diff, { color: false, top: 2 }), golden('diff.txt'));
});

test('sizes are readable, with powers of 1024', (t) => {
  t.deepEqual([0, 1023, 1024, 1_048_575, 1_048_576, 5 * 2 ** 30].map(readableSize), [
    '0 bytes',
    '1023 bytes',
    '1.0 KiB',
    '1.0 MiB',
    '1.0 MiB',
    '5.0 GiB',
  ]);
  t.deepEqual([1, 0, -2048].map(signedSize), ['+1 bytes', '0 bytes', '-2.0 KiB']);
});

test('a name that is one of too many in the other heap is so in both', (t) => {
  const before = [way(['$x', "'a'", '->n'], 10), way(['$x', "'b'", '->n'], 5), way(['$y', "'a'"], 1)];
  const after = [way(['$x', '[*]', '->n'], 99), way(['$y', "'a'"], 2)];
  const [was, is] = alignedPaths(before, after);
  t.deepEqual(
    was.map(({ path }) => path),
    ['$x → [*] → ->n', '$x → [*] → ->n', "$y → 'a'"],
  );
  t.deepEqual(
    is.map(({ path }) => path),
    ['$x → [*] → ->n', "$y → 'a'"],
  );
});

test('a name that is only new stays a name', (t) => {
  const [, is] = alignedPaths([way(['$x', "'a'"], 1)], [way(['$x', "'a'"], 1), way(['$x', "'b'"], 1)]);
  t.deepEqual(
    is.map(({ path }) => path),
    ["$x → 'a'", "$x → 'b'"],
  );
});

function way(steps: readonly string[], bytes: number) {
  return { holder: steps[0]!, path: steps.join(' → '), steps, type: 'string', blocks: 1, bytes };
}

function golden(name: string): string {
  return readFileSync(new URL(`../../../test/fixtures/report/${name}`, import.meta.url), 'utf8');
}
