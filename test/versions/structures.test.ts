import type { ExecutionContext } from 'ava';
import { openDump } from '../../src/index.js';
import { processState } from '../../src/php/process.js';
import type { Workplace } from '../integration/harness.js';
import { integration, root, until } from '../integration/harness.js';
import { isSince } from '../integration/truth.js';
import { phpBuilds } from './builds.js';

// What SPL and the engine keep in structures of their own, under every PHP that has them: the way to each object, and the
// bytes of all cycles.

const KEPT = 'static Kept::$all';

const OF_SPL: Readonly<Record<string, string>> = {
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

const OF_LAZY: Readonly<Record<string, string>> = {
  InGhost: `${KEPT} → 'ghost' → $title`,
  InProxy: `${KEPT} → 'waiting' → $title`,
  BehindProxy: `${KEPT} → 'proxy' → ->title`,
  OfMethod: `${KEPT} → 'method'`,
  Once: `${KEPT} → 'once' → ->title`,
};

for (const { minor, cli } of phpBuilds()) {
  integration(`PHP ${minor}: what SPL holds is told in full, and what it lost, to the byte`, async (t, place) => {
    const { wayTo, said } = await look(t, place, cli, 'structures-of-spl');
    const [key, list] = said;
    const hasWeakMap = minor !== '7.4';
    const wanted = { ...OF_SPL, ...(hasWeakMap ? { InWeakMap: WEAK } : {}) };
    for (const [type, way] of Object.entries(wanted)) {
      t.is(wayTo(type), way.replace('#KEY', `#${key}`).replace('#LIST', `#${list}`), type);
    }
  });
}

for (const { minor, cli } of phpBuilds().filter((build) => isSince('8.4', build.minor))) {
  integration(`PHP ${minor}: what lazy objects hold is told in full, and what they lost`, async (t, place) => {
    const { wayTo } = await look(t, place, cli, 'lazy-objects');
    for (const [type, way] of Object.entries(OF_LAZY)) t.is(wayTo(type), way, type);
  });
}

interface Look {
  /** The ways to the objects of a class. */
  readonly wayTo: (type: string) => string;
  /** What the program said when it was ready, but for the bytes in use. */
  readonly said: readonly string[];
}

/** Takes a snapshot of a program when it is ready; its books, and what it then says that the collector freed, must agree. */
async function look(t: ExecutionContext, place: Workplace, cli: readonly string[], program: string): Promise<Look> {
  const [php = '', ...given] = cli;
  const running = place.start(php, [...given, `${root}/test/versions/programs/${program}.php`]);
  running.say('begin\n');
  await until(() => /ready .*\n/.test(running.stdout) || running.ended !== undefined, `ready: ${running.stderr}`);
  await until(() => processState(running.pid) === 'S', 'sleep');
  const file = place.path(`${program}.dump`);
  const { exitCode, stderr } = await place.phptrace(['dump', String(running.pid), '--out', file]);
  t.is(exitCode, 0, stderr);
  running.finish();
  await running.endedWithin(10);
  const [usage, ...said] = /ready (.*)/.exec(running.stdout)?.[1]?.split(' ') ?? [];
  const [, freed] = /freed (\d+)/.exec(running.stdout) ?? [];

  const dump = await openDump(file);
  const report = dump.report({});
  t.is(report.heap.liveBytes, Number(usage));
  t.true(report.garbage.cycles.bytes > 0);
  t.is(report.garbage.cycles.bytes, Number(freed), JSON.stringify(report.garbage, null, 1));
  t.is(report.garbage.kept.count, 0);
  t.is(report.garbage.orphans.count, 0);
  const wayTo = (type: string): string => {
    const { why } = dump.report({ why: type });
    return why?.paths.map(({ path }) => path).join(' and ') ?? '';
  };
  return { wayTo, said };
}
