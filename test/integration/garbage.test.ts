import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { SnapshotReport } from '../../src/index.js';
import { processState } from '../../src/php/process.js';
import { integration, php, root, until } from './harness.js';
import type { Workplace } from './harness.js';

// What a snapshot calls a cycle is what PHP's own collector then frees, to the byte.

const program = join(root, 'test/integration/programs/garbage.php');
const extension = join(root, 'build/test-extension');

interface Counted {
  readonly report: SnapshotReport;
  readonly ready: { usage: number; roots: number; runs: number; threshold: number };
  readonly freed: number;
}

const KINDS = [
  'arrays',
  'objects',
  'objects that compiled code lies upon',
  'dynamic properties',
  'closures',
  'generators',
  'storages',
  'unused places of storages',
  'temporaries',
];

for (const kind of KINDS) {
  integration(`cycles of ${kind} are what the collector frees`, async (t, place) => {
    const { report, ready, freed } = await collect(place, kind);
    t.is(report.heap.liveBytes, ready.usage);
    t.true(freed > 0);
    t.is(report.garbage.cycles.bytes, freed);
    t.is(report.garbage.kept.count, 0);
    t.is(report.garbage.orphans.count, 0);
    t.deepEqual(new Set(report.garbage.causes.map((cause) => cause.kind)), new Set(['cycle']));
    const { roots, runs, threshold } = ready;
    t.deepEqual(report.garbage.collector, { enabled: true, roots, runs, threshold });
  });
}

integration('a resource goes with the cycle that has it, though it is in the list of all', async (t, place) => {
  const { report, freed } = await collect(place, 'resources', 'scrubbed');
  const held = freed - report.garbage.cycles.bytes;
  // A context has no reference count of its own: that of one turn of the 100 may be held by a word that was left.
  t.true(held >= 0 && held < freed / 100, `${String(held)} of ${String(freed)} bytes`);
});

integration('cycles are told with the collector off', async (t, place) => {
  const { report, freed } = await collect(place, 'objects', 'disabled');
  t.is(report.garbage.collector?.enabled, false);
  t.is(report.garbage.cycles.bytes, freed);
});

integration(
  'a cycle with a reference that an extension forgot is kept, and the collector leaves it',
  async (t, place) => {
    const { report, freed } = await collect(place, 'held from outside', 'scrubbed');
    t.is(freed, 0);
    t.is(report.garbage.cycles.count, 0);
    // 100 turns of two objects and a string of each.
    t.is(report.garbage.kept.count, 400);
    t.deepEqual(new Set(report.garbage.causes.map((cause) => cause.kind)), new Set(['kept']));
  },
);

integration('a cycle with such a reference is held where a word on the C stack may be it', async (t, place) => {
  const { report, freed } = await collect(place, 'held by C', 'scrubbed');
  t.is(freed, 0);
  t.is(report.garbage.cycles.count, 0);
  // Of 100 turns all but the last, whose object's address it is: an object and a string of each.
  t.is(report.garbage.kept.count, 198);
  t.true(
    report.holders.some(
      ({ holder, blocks }) => /^(C stack|memory of malloc|CPU register)$/.test(holder) && blocks >= 2,
    ),
  );
});

integration('a string that an extension forgot does not keep the cycle that holds it', async (t, place) => {
  const { report, freed } = await collect(place, 'a string held from outside', 'scrubbed');
  t.true(freed > 0);
  t.is(report.garbage.cycles.bytes, freed);
  t.is(report.garbage.kept.count, 100);
});

integration('a cycle that only a lost object refers to is kept by it', async (t, place) => {
  const { report, freed } = await collect(place, 'reached from what is held', 'scrubbed');
  t.is(freed, 0);
  t.is(report.garbage.cycles.count, 0);
  t.is(report.garbage.orphans.count + report.garbage.kept.count, 400);
  t.deepEqual(new Set(report.garbage.causes.map((cause) => cause.kind)), new Set(['orphan']));
});

integration('nothing is copied while the collector is at work', async (t, place) => {
  const running = await place.startReady('test/integration/programs/collecting.php');
  for (let copy = 0; copy < 6; copy++) {
    const { stdout, stderr } = await place.phptrace(['dump', String(running.pid), '--format', 'json']);
    const { notes, garbage } = JSON.parse(stdout) as SnapshotReport;
    t.deepEqual(notes, [], stderr);
    t.deepEqual([garbage.cycles.count, garbage.kept.count, garbage.orphans.count], [0, 0, 0]);
  }
});

/** Lets the program make its garbage, takes a snapshot, and lets its collector run. */
async function collect(place: Workplace, ...args: readonly string[]): Promise<Counted> {
  execFileSync('sh', [join(root, 'test/extension/build.sh'), extension]);
  const running = place.start(php, ['-d', `extension=${extension}/leaky.so`, program, ...args]);
  running.say('begin\n');
  await until(() => /ready .*\n/.test(running.stdout) || running.ended !== undefined, 'garbage');
  // On a busy machine it may have said so and not yet gone on to wait.
  await until(() => processState(running.pid) === 'S', 'sleep');
  const { stdout, stderr, exitCode } = await place.phptrace(['dump', String(running.pid), '--format', 'json']);
  if (exitCode !== 0) throw new Error(stderr);
  running.finish();
  await running.endedWithin(10);
  const [ready, freed] = running.stdout.replace(/^ready /, '').split('\n');
  return {
    report: JSON.parse(stdout) as SnapshotReport,
    ready: JSON.parse(ready ?? '') as Counted['ready'],
    ...(JSON.parse(freed ?? '') as { freed: number }),
  };
}
