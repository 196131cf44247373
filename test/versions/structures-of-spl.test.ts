import type { SnapshotReport } from '../../src/index.js';
import { openDump } from '../../src/index.js';
import { processState } from '../../src/php/process.js';
import { integration, root, until } from '../integration/harness.js';
import { phpBuilds } from './builds.js';

// What SPL keeps in structures of its own, under every PHP: the way to each object, and the bytes of each cycle.

const PROGRAM = 'test/versions/programs/structures-of-spl.php';
const KEPT = 'static Kept::$all';

const WAYS: Readonly<Record<string, string>> = {
  InArrayObject: `${KEPT} → 'object' → 'row'`,
  InSubclass: `${KEPT} → 'registry' → [0]`,
  InIterator: `${KEPT} → 'iterator' → [0]`,
  InStorage: `${KEPT} → 'storage' → [InStorage #KEY]`,
  WithStorage: `${KEPT} → 'storage' → [InStorage #KEY] → 'with'`,
  InList: `${KEPT} → 'list' → [1]`,
  InQueue: `${KEPT} → 'queue' → [0]`,
  InStack: `${KEPT} → 'stack' → [0]`,
  InFixed: `${KEPT} → 'fixed' → [3]`,
  InHeap: `${KEPT} → 'heap' → [0] → [1]`,
  InPriorityQueue: `${KEPT} → 'priority' → [0]`,
  AsPriority: `${KEPT} → 'priority' → [0] → [1]`,
};
/** Of versions that have it. */
const WEAK = `${KEPT} → 'weak' → [SplDoublyLinkedList #LIST]`;

for (const { minor, cli } of phpBuilds()) {
  integration(`PHP ${minor}: what SPL holds is told in full, and what it lost, to the byte`, async (t, place) => {
    const [php = '', ...given] = cli;
    const running = place.start(php, [...given, `${root}/${PROGRAM}`]);
    running.say('begin\n');
    await until(() => /ready .*\n/.test(running.stdout) || running.ended !== undefined, `ready: ${running.stderr}`);
    await until(() => processState(running.pid) === 'S', 'sleep');
    const file = place.path('spl.dump');
    const { exitCode, stderr } = await place.phptrace(['dump', String(running.pid), '--out', file]);
    t.is(exitCode, 0, stderr);
    running.finish();
    await running.endedWithin(10);
    const [, usage, key, list] = /ready (\d+) (\d+) (\d+)/.exec(running.stdout) ?? [];
    const [, freed] = /freed (\d+)/.exec(running.stdout) ?? [];

    const dump = await openDump(file);
    const wayTo = (type: string): string => {
      const { why } = dump.report({ why: type });
      return why?.paths.map(({ path }) => path).join(' and ') ?? '';
    };
    const hasWeakMap = minor !== '7.4';
    const wanted = { ...WAYS, ...(hasWeakMap ? { InWeakMap: WEAK } : {}) };
    for (const [type, way] of Object.entries(wanted)) {
      t.is(wayTo(type), way.replace('#KEY', `#${key}`).replace('#LIST', `#${list}`), type);
    }
    const report: SnapshotReport = dump.report({});
    t.is(report.heap.liveBytes, Number(usage));
    t.is(report.garbage.cycles.bytes, Number(freed), JSON.stringify(report.garbage, null, 1));
    t.is(report.garbage.kept.count, 0);
    t.is(report.garbage.orphans.count, 0);
  });
}
