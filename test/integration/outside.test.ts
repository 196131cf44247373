import type { GroupReport } from '../../src/index.js';
import { buildExtension, loadingOf } from './extension.js';
import { integration, readLog, until, type Workplace } from './harness.js';

const program = 'test/integration/programs/outside.php';
/** By their functions: what malloc hands out for a loop's requests, a word and rounding to 16 included. */
const LEAKS = { malloc_leak: 40 * 112, pemalloc_leak: 5 * 1008 } as const;
/** Memory that comes and goes, rests, is loaded late, or is of PHP's heap. */
const INNOCENT = [
  ['zend_leak', 'mapped_temporaries', 'churn', 'patterns'],
  ['big_array', 'cache', 'loads_late', 'fibers'],
];
/** Those of them that grow for ever, in PHP's heap. */
const GROWING = ['zend_leak', 'big_array'];
/** Looks at each process after which the trace is ended. */
const ENOUGH = 100;
const LONG = ['--loops', '1000000', '--duration', '100s'];

integration(
  'memory that malloc gave and that is kept is told with its bytes a loop, and no verdict',
  async (t, place) => {
    const pids = await start(place, Object.keys(LEAKS).concat('patterns'));
    const { group, exitCode, logs } = await attach(place, [...pids.keys()]);
    t.is(exitCode, 0);
    t.is(group.merged.verdict, 'clean');
    const leaking = [...pids].filter(([, work]) => work in LEAKS).map(([pid]) => pid);
    t.deepEqual(group.merged.outside.map(({ pid }) => pid).toSorted(byNumber), leaking.toSorted(byNumber));
    for (const { pid, outside, verdict } of group.processes) {
      const expected = LEAKS[pids.get(pid) as keyof typeof LEAKS] ?? 0;
      t.is(verdict, 'clean', pids.get(pid));
      t.is(outside?.grows, expected > 0, JSON.stringify(outside));
      if (expected === 0) continue;
      t.true(Math.abs(outside!.bytesPerLoop / expected - 1) < 0.1, `${outside!.bytesPerLoop}, not ${expected}`);
    }

    // From the log, for a person.
    const [first = 0] = leaking;
    const rate = Math.round(group.processes.find(({ pid }) => pid === first)?.outside?.bytesPerLoop ?? 0);
    const text = await place.phptrace(['analyze', logs(first)]);
    t.is(text.exitCode, 0);
    t.regex(
      text.stdout,
      new RegExp(
        `^NO LEAK in PHP's heap: .*\\. Outside of PHP's heap memory grows by about ${rate} bytes a loop\\.$`,
        'm',
      ),
    );
    t.regex(text.stdout, new RegExp(`^ {2}the native code that takes it: sudo memleak-bpfcc -p ${first}, `, 'm'));
    const merged = await place.phptrace(['analyze', ...[...pids.keys()].map(logs)]);
    t.regex(merged.stdout, /^NO LEAK in PHP's heap in 3 processes together: .* bytes a loop in pid \d+, \d+\.$/m);
  },
);

for (const works of INNOCENT) {
  integration(`nothing is said of ${works.join(', ')}`, async (t, place) => {
    const pids = await start(place, works);
    const { group } = await attach(place, [...pids.keys()]);
    t.is(group.processes.length, works.length);
    for (const { pid, outside, loops } of group.processes) {
      t.like(outside, { grows: false }, `${pids.get(pid)}: ${loops.settled} loops, ${JSON.stringify(outside)}`);
    }
    t.deepEqual(group.merged.outside, []);
    const leaking = group.processes.filter(({ verdict }) => verdict === 'leak').map(({ pid }) => pids.get(pid));
    t.deepEqual(
      leaking,
      works.filter((work) => GROWING.includes(work)),
      'the heap itself is judged as ever',
    );
  });
}

/** What each of the processes does, by pid. */
async function start(place: Workplace, works: readonly string[]): Promise<ReadonlyMap<number, string>> {
  buildExtension();
  const given = ['-n', ...loadingOf({ truth: { extension: 'leaky' } }), '-d', 'enable_dl=1', '-d', 'memory_limit=-1'];
  const started = await Promise.all(
    works.map(async (work) => [(await place.startReady(program, [work], { given })).pid, work] as const),
  );
  return new Map(started);
}

/** Traces until each process was looked at often enough, however long that takes on a busy machine. */
async function attach(place: Workplace, pids: readonly number[]) {
  const log = place.path('trace.ndjson');
  const logs = (pid: number): string => place.path(`trace-${pid}.ndjson`);
  const all = ['attach', ...pids.map(String), '--loop', 'handle', '--format', 'json', '--log', log, ...LONG];
  const tracer = place.startPhptrace(all);
  const isEnough = (pid: number): boolean => {
    return readLog(logs(pid)).filter(({ type }) => type === 'outside').length >= ENOUGH;
  };
  await until(() => tracer.ended !== undefined || pids.every(isEnough), `looks at each: ${tracer.stderr}`, 110);
  if (tracer.ended === undefined) tracer.signal('SIGINT');
  const { code } = await tracer.endedWithin(30);
  return { group: JSON.parse(tracer.stdout) as GroupReport, exitCode: code, logs };
}

function byNumber(a: number, b: number): number {
  return a - b;
}
