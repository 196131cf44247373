import { join } from 'node:path';
import type { GroupReport } from '../../src/index.js';
import { integration, readLog, root, until, type Workplace } from './harness.js';
import type { Program } from './program.js';
import { markedLine } from './truth.js';

const pool = 'test/integration/programs/pool.php';
const leak = markedLine(join(root, pool), '@leak-1');

integration('the workers of a master are traced in its place, each with a report, and one of all', async (t, place) => {
  const master = await place.startReady(pool, ['3', 'shell']);
  const { group, exitCode, stderr } = await attach(place, [master.pid], ['--children', '--loops', '20']);
  t.is(exitCode, 1, stderr);
  const workers = workersOf(master);
  t.deepEqual(group.processes.map(({ pid }) => pid).toSorted(byNumber), workers);
  for (const report of group.processes) {
    t.is(report.hooks[0]?.loop, 'handle', 'what one shows serves all');
    t.deepEqual(
      report.sites.filter(({ verdict }) => verdict === 'leak').map(({ line, bytesPerLoop }) => [line, bytesPerLoop]),
      [[leak, 1280]],
    );
    t.deepEqual(report.notes, [], 'forked commands are no workers, and no loss');
  }
  const { merged } = group;
  t.deepEqual(merged.judged.map(({ pid }) => pid).toSorted(byNumber), workers);
  t.deepEqual(merged.notes, [`process ${master.pid} has workers, which were traced in its place`]);
  t.is(merged.loops.settled, 60);
  const [site] = merged.sites;
  t.like(site, { line: leak, function: 'handle', verdict: 'leak', bytesPerLoop: 1280, bytes: 60 * 1280, blocks: 60 });
  t.is(site?.path, 'static Store::$kept → [*]');
  t.is(site?.processes.length, 3);
});

integration(
  'a worker that ends and the one that replaces it are both in the report; Ctrl-C ends all',
  async (t, place) => {
    const master = await place.startReady(pool, ['2']);
    const [first = 0, second = 0] = workersOf(master);
    const { tracer, log, loopsOf } = follow(place, master.pid);
    await until(() => loopsOf(first) > 10 && loopsOf(second) > 10, `loops of both workers: ${tracer.stderr}`);
    process.kill(first, 'SIGKILL');
    await until(() => workersOf(master).length === 3, 'a new worker');
    const third = workersOf(master).find((pid) => pid !== first && pid !== second) ?? 0;
    await until(() => loopsOf(third) > 10, `loops of the new worker: ${tracer.stderr}`);
    tracer.signal('SIGINT');
    const { code } = await tracer.endedWithin(20);
    const group = JSON.parse(tracer.stdout) as GroupReport;
    t.is(code, 1);
    t.deepEqual(
      group.processes.map(({ pid, ended }) => [pid, ended]).toSorted(([a], [b]) => Number(a) - Number(b)),
      [
        [first, 'the process exited'],
        [second, 'interrupted'],
        [third, 'interrupted'],
      ].toSorted(([a], [b]) => Number(a) - Number(b)),
    );
    t.like(group.merged, { verdict: 'leak', short: [], untraced: [] });
    t.is(group.merged.sites[0]?.processes.length, 3);
    const logs = group.processes.map(({ pid }) => log(pid));
    const read = await place.phptrace(['analyze', '--format', 'json', ...logs]);
    t.is(read.exitCode, 1, read.stderr);
    t.deepEqual(
      (JSON.parse(read.stdout) as GroupReport).merged,
      { ...group.merged, notes: [] },
      'the logs say the same',
    );
  },
);

integration('with --children a plain worker is traced, and so is a child that it forks later', async (t, place) => {
  const worker = await place.startReady('test/integration/programs/forks-later.php');
  const { tracer, loopsOf } = follow(place, worker.pid);
  await until(() => loopsOf(worker.pid) > 10, `loops of the worker: ${tracer.stderr}`);
  worker.say('fork\n');
  await until(() => workersOf(worker).length === 1, 'its child');
  const [child = 0] = workersOf(worker);
  await until(() => loopsOf(child) > 10, `loops of the child: ${tracer.stderr}`);
  tracer.signal('SIGINT');
  t.is((await tracer.endedWithin(20)).code, 1);
  const { processes, merged } = JSON.parse(tracer.stdout) as GroupReport;
  t.deepEqual(processes.map(({ pid }) => pid).toSorted(byNumber), [worker.pid, child].toSorted(byNumber));
  t.deepEqual([processes.flatMap(({ notes }) => notes), merged.notes], [[], []]);
});

integration('of several pids one that is gone is said; the others are traced', async (t, place) => {
  const worker = await place.startReady('test/integration/programs/forks-later.php');
  const innocent = place.start('php', [join(root, 'test/cases/freed-next-loop.php')]);
  const args = ['--loop', 'handle', '--loops', '12'];
  const leaky = await attach(place, [worker.pid, GONE], args);
  t.is(leaky.exitCode, 1, 'a leak is a leak');
  t.deepEqual(
    leaky.group.merged.untraced.map(({ pid, named }) => [pid, named]),
    [[GONE, true]],
  );
  t.regex(leaky.stderr, /process 4194303 is not traced: no process 4194303/);
  const clean = await attach(place, [innocent.pid, GONE], args);
  t.is(clean.exitCode, 2, 'of one nothing is known');
  t.is(clean.group.processes[0]?.verdict, 'clean');
  t.regex(clean.group.merged.verdictReason ?? '', /process 4194303 was not traced/);
});

integration(
  'of several pids each ends by itself, also where their loops differ or one of them idles',
  async (t, place) => {
    const worker = await place.startReady('test/integration/programs/hooks.php');
    const other = await place.startReady('test/integration/programs/two-loops.php');
    const idle = await place.startReady('test/integration/programs/odd-loops.php', ['never_called']);
    const loops = ['handle', 'onTimer', 'never_called'].flatMap((loop) => ['--loop', loop]);
    const args = [...loops, '--loops', '12', '--duration', '18s'];
    const { group, exitCode, stderr } = await attach(place, [worker.pid, other.pid, idle.pid], args);
    t.is(exitCode, 1, stderr);
    const ended = new Map(group.processes.map(({ pid, ended }) => [pid, ended]));
    t.is(ended.get(worker.pid), '12 loops; onTimer, never_called had no turn for 3 s');
    t.is(ended.get(other.pid), '12 loops; handle, never_called had no turn for 3 s');
    t.is(ended.get(idle.pid), 'others have had their loops; never_called, handle, onTimer had no turn for 3 s');
    const { merged } = group;
    const [judged, short] = [merged.judged, merged.short].map((some) => some.map(({ pid }) => pid).toSorted(byNumber));
    t.deepEqual(judged, [worker.pid, other.pid].toSorted(byNumber));
    t.deepEqual(short, [idle.pid]);
    const leaks = merged.sites.filter(({ verdict, outside }) => verdict === 'leak' && !outside);
    t.deepEqual(leaks.map(({ loop, bytesPerLoop }) => `${loop} ${bytesPerLoop}`).toSorted(), [
      'handle 1280',
      'onTimer 320',
    ]);
  },
);

integration('a master that is traced alone: that it has workers is said at once', async (t, place) => {
  const master = await place.startReady(pool, ['2']);
  const args = ['attach', String(master.pid), '--loop', 'handle', '--duration', '1'];
  const { exitCode, stderr } = await place.phptrace(args);
  t.is(exitCode, 2, stderr);
  const note = `phptrace: 2 processes below ${String(master.pid)} run PHP too and are not traced: --children traces them in its place\n`;
  t.true(stderr.startsWith(note), stderr);
});

integration('without rights nothing is waited for, with --children neither', async (t, place) => {
  const master = await place.startReady(pool, ['2']);
  const args = ['attach', String(master.pid), '--children', '--loop', 'handle', '-q'];
  const { exitCode, stderr } = await place.phptrace(args, { uid: 65_534, env: { XDG_CACHE_HOME: '/nonexistent' } });
  t.is(exitCode, 2);
  t.regex(stderr, /^phptrace: cannot look into process \d+ \(php[^)]*\): EACCES: run as root[^\n]*\n$/);
});

integration('pids that cannot be traced together are refused in one line', async (t, place) => {
  const refused: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['77', '77'], /^phptrace: process 77 is given twice: once is enough\n$/],
    [['4194302', '4194303', '-q'], /^phptrace: no process 4194302: [^\n]*\n$/],
    [['4194303', '--children', '-q'], /^phptrace: no process 4194303: [^\n]*\n$/],
    [['1', 'two'], /^phptrace: [^\n]*'two' is invalid[^\n]*\n$/],
  ];
  for (const [args, said] of refused) {
    const { exitCode, stdout, stderr } = await place.phptrace(['attach', ...args]);
    t.deepEqual([exitCode, stdout], [2, '']);
    t.regex(stderr, said);
  }
});

/** The highest pid that can be (PID_MAX_LIMIT), less one: nobody gets there. */
const GONE = 4_194_303;

async function attach(place: Workplace, pids: readonly number[], args: readonly string[]) {
  const all = ['attach', ...pids.map(String), '--format', 'json', ...args];
  const { exitCode, stdout, stderr } = await place.phptrace(all, { seconds: 50 });
  return { group: parsed(stdout, stderr), exitCode, stderr };
}

/** Traces a process and its children until it is told to stop; a log of each tells how far it is. */
function follow(place: Workplace, pid: number) {
  const log = (member: number): string => place.path(`log-${member}.ndjson`);
  const loopsOf = (member: number): number => readLog(log(member)).filter(({ type }) => type === 'loop').length;
  const args = ['--children', '--loop', 'handle', '--loops', '100000', '--duration', '50s', '--format', 'json'];
  const tracer = place.startPhptrace(['attach', String(pid), ...args, '--log', place.path('log.ndjson')]);
  return { tracer, log, loopsOf };
}

function parsed(stdout: string, stderr: string): GroupReport {
  try {
    return JSON.parse(stdout) as GroupReport;
  } catch {
    throw new Error(`no JSON: ${stdout.slice(0, 300)} ${stderr}`);
  }
}

function workersOf(master: Program): number[] {
  return [...master.stdout.matchAll(/worker (\d+)/g)].map(([, pid]) => Number(pid)).toSorted(byNumber);
}

function byNumber(a: number, b: number): number {
  return a - b;
}
