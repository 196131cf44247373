import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { SeveralThreads, attach as attachTo } from '../../src/index.js';
import type { GroupReport, ProcessList, Report } from '../../src/index.js';
import { integration, readLog, root, until, type Workplace } from '../integration/harness.js';
import type { Program } from '../integration/program.js';
import { markedLine } from '../integration/truth.js';

// A process that runs PHP in several threads: each is traced by itself, and its books are exact.

const THREADS = join(root, '.cache/php-builds/zts/threads');
const [STRINGS, ARRAYS, INNOCENT] = ['strings', 'arrays', 'innocent'].map((name) =>
  join(root, `test/builds/programs/${name}.php`),
) as [string, string, string];
const STRINGS_LEAK = [markedLine(STRINGS, '@leak'), 1280, 'static Store::$kept → [*]'] as const;
const ARRAYS_LEAK = [markedLine(ARRAYS, '@leak'), 216, "$GLOBALS['journal'] → ->entries → [*]"] as const;
const EACH = ['--loops', '20', '--duration', '40s', '--format', 'json'];

for (const boundary of ['auto', 'handler']) {
  integration(`each thread has a report of its own, and there is one of all (${boundary})`, async (t, place) => {
    const program = await start(place, 'thread', [STRINGS, ARRAYS, INNOCENT, 'plain']);
    const args = ['--loop', 'handle', '--boundary', boundary, ...EACH];
    const { group, exitCode, stderr } = await attach(place, program, args);
    t.is(exitCode, 1, stderr);
    t.regex(stderr, new RegExp(`process ${program.pid} runs PHP in 3 threads: each is traced by itself`));
    leaksEach(t, program, group);
    const { merged } = group;
    t.deepEqual(
      merged.sites.filter(({ verdict }) => verdict === 'leak').map(({ line, path, processes }) => [line, path, processes]),
      [
        [STRINGS_LEAK[0], STRINGS_LEAK[2], [inThread(program, 'strings.php', 1280)]],
        [ARRAYS_LEAK[0], ARRAYS_LEAK[2], [inThread(program, 'arrays.php', 216)]],
      ],
    );
    t.like(merged, { verdict: 'leak', short: [], untraced: [], notes: [] });
    t.is(merged.judged.length, 3);
    t.is(merged.loops.settled, 60);
    await endsAsUntraced(t, place, program);
  });
}

integration('where no loop is named each thread shows its own, and an idle one is left', async (t, place) => {
  const program = await start(place, 'main', [STRINGS, ARRAYS, 'idle']);
  const tracer = place.startPhptrace(['attach', String(program.pid), ...EACH, '--log', place.path('log.ndjson')]);
  const tids = ['strings.php', 'arrays.php'].map((name) => threadCalled(program, name));
  const isTold = (tid: number): boolean =>
    readLog(place.path(`log-${program.pid}-${tid}.ndjson`)).some(({ type }) => type === 'end');
  await until(() => tids.every(isTold) || tracer.ended !== undefined, `both loops: ${tracer.stderr}`, 40);
  tracer.signal('SIGINT');
  t.is((await tracer.endedWithin(20)).code, 1, tracer.stderr);
  const group = JSON.parse(tracer.stdout) as GroupReport;
  t.deepEqual(group.processes.map(({ hooks }) => hooks.map(({ loop }) => loop)), [['handle'], ['handle']]);
  t.deepEqual(
    Object.fromEntries(group.processes.map((report) => [report.thread, leaks(report)])),
    { [tids[0]!]: [STRINGS_LEAK], [tids[1]!]: [ARRAYS_LEAK] },
  );
  t.deepEqual(group.merged.untraced.map(({ pid, thread, named }) => [pid, thread, named]), [
    [program.pid, threadCalled(program, 'idle'), false],
  ]);
  const logs = tids.map((tid) => place.path(`log-${program.pid}-${tid}.ndjson`));
  const read = await place.phptrace(['analyze', '--format', 'json', ...logs]);
  const { untraced, notes, ...same } = group.merged;
  t.like((JSON.parse(read.stdout) as GroupReport).merged, { ...same, untraced: [], notes: [] }, 'the logs say the same');
  t.is(untraced.length + notes.length, 1);
});

integration('a thread that ends and one that begins are both in the report', async (t, place) => {
  const program = await start(place, 'thread', [STRINGS, ARRAYS]);
  const log = (tid: number): string => place.path(`log-${program.pid}-${tid}.ndjson`);
  const loopsOf = (tid: number): number => readLog(log(tid)).filter(({ type }) => type === 'loop').length;
  const args = ['--loop', 'handle', '--loops', '100000', '--duration', '50s', '--format', 'json'];
  const tracer = place.startPhptrace(['attach', String(program.pid), ...args, '--log', place.path('log.ndjson')]);
  const [strings, arrays] = ['strings.php', 'arrays.php'].map((name) => threadCalled(program, name)) as [number, number];
  await until(() => loopsOf(strings) > 10 && loopsOf(arrays) > 10, `loops of both threads: ${tracer.stderr}`);
  program.signal('SIGUSR1');
  await until(() => threadsCalled(program, 'arrays.php').length === 2, 'a new thread');
  const later = threadsCalled(program, 'arrays.php').find((tid) => tid !== arrays) ?? 0;
  await until(() => loopsOf(later) > 10, `loops of the new thread: ${tracer.stderr}`);
  stop(place);
  t.deepEqual(await program.endedWithin(20), { code: 0, signal: null });
  t.is((await tracer.endedWithin(20)).code, 1, tracer.stderr);
  const { processes, merged } = JSON.parse(tracer.stdout) as GroupReport;
  t.deepEqual(processes.map(({ thread }) => thread).toSorted(), [strings, arrays, later].toSorted());
  for (const { ended } of processes) t.regex(ended, /^the (thread ended|process exited)$/);
  t.like(merged, { verdict: 'leak', short: [], untraced: [], notes: [] });
  const inArrays = merged.sites.find(({ line, verdict }) => line === ARRAYS_LEAK[0] && verdict === 'leak');
  t.is(inArrays?.processes.length, 2);
});

integration('one thread of several can be named, also to be dumped', async (t, place) => {
  const program = await start(place, 'main', [STRINGS, ARRAYS, INNOCENT]);
  const [pid, tid] = [String(program.pid), String(threadCalled(program, 'arrays.php'))];
  const { exitCode, stdout, stderr } = await place.phptrace(['attach', pid, '--thread', tid, '--loop', 'handle', ...EACH]);
  t.is(exitCode, 1, stderr);
  const report = JSON.parse(stdout) as Report;
  t.deepEqual([report.pid, report.thread, leaks(report)], [program.pid, Number(tid), [ARRAYS_LEAK]]);
  t.deepEqual(report.notes, [
    `2 other threads of the process run PHP too and were not traced: this is thread ${tid} of process ${pid}`,
  ]);
  t.is(report.accounting.accounted, 1);
  const copy = place.path('thread.dump');
  const dump = await place.phptrace(['dump', pid, '--thread', tid, '--out', copy]);
  t.is(dump.exitCode, 0, dump.stderr);
  t.regex(dump.stdout, new RegExp(`^pid ${pid}, thread ${tid}, PHP 8`));
  t.regex(dump.stdout, /\$GLOBALS\['journal'\] → ->entries/);
  t.notRegex(dump.stdout, /Store::/);
  t.regex(dump.stdout, new RegExp(`Note: 2 other threads of the process run PHP [^\n]*: this is thread ${tid}\\.`));
  t.is((await place.phptrace(['dump', copy])).stdout, dump.stdout);
  const main = await place.phptrace(['dump', pid, '--thread', pid]);
  t.is(main.exitCode, 0, main.stderr);
  t.regex(main.stdout, /static Store::/);
  await endsAsUntraced(t, place, program);
});

integration('of more threads than can be traced at once those with the largest heaps are', async (t, place) => {
  const program = await start(place, 'thread', [STRINGS, ...Array.from({ length: 17 }, () => 'idle'), ARRAYS]);
  const tracer = place.startPhptrace(['attach', String(program.pid), '--loop', 'handle', '--format', 'json']);
  const isTraced = (): boolean =>
    tracer.stderr.split(/loop: handle, by/).length > 2 && tracer.stderr.split('waiting for handle').length > 14;
  await until(() => isTraced() || tracer.ended !== undefined, `16 threads: ${tracer.stderr}`, 50);
  tracer.signal('SIGINT');
  t.is((await tracer.endedWithin(30)).code, 1, tracer.stderr);
  const { processes, merged } = JSON.parse(tracer.stdout) as GroupReport;
  t.deepEqual(processes.flatMap(leaks).toSorted(), [STRINGS_LEAK, ARRAYS_LEAK].toSorted());
  t.is(merged.untraced.length, 14);
  t.regex(merged.notes.join('\n'), new RegExp(`^3 more threads of process ${program.pid} run PHP: 16 are traced`));
});

integration('threads that are named wrongly are refused in one line', async (t, place) => {
  const program = await start(place, 'thread', [STRINGS, ARRAYS, 'plain']);
  const pid = String(program.pid);
  const tids = ['strings.php', 'arrays.php'].map((name) => threadCalled(program, name));
  const plain = String(threadCalled(program, 'plain'));
  const leader = String(program.pid);
  const runsIn = `PHP runs in ${tids.join(', ')}`;
  const other = await place.startReady('test/integration/programs/app-worker.php');
  const otherPid = String(other.pid);
  const refused: readonly (readonly [args: readonly string[], said: string])[] = [
    [['attach', pid, '--thread', '4194303'], `process ${pid} has no thread 4194303: ${runsIn}`],
    [['attach', pid, '--thread', plain], `thread ${plain} of process ${pid} runs no PHP: ${runsIn}`],
    [['attach', pid, '--thread', leader], `thread ${leader} of process ${pid} runs no PHP: ${runsIn}`],
    [['attach', pid, otherPid, '--thread', plain], '--thread is of one process: give one pid, and leave --children out'],
    [['dump', pid], `process ${pid} runs PHP in 2 threads: name one with --thread: ${tids.join(', ')}`],
    [['dump', pid, '--thread', plain], `thread ${plain} of process ${pid} runs no PHP: ${runsIn}`],
    [['attach', otherPid, '--thread', plain], `process ${otherPid} has no thread ${plain}: leave --thread out`],
    [
      ['attach', otherPid, '--thread', otherPid],
      `--thread ${otherPid}: the PHP of process ${otherPid} is not thread-safe, so no more than one thread runs it: leave --thread out`,
    ],
  ];
  for (const [args, said] of refused) {
    const { exitCode, stdout, stderr } = await place.phptrace([...args, '--quiet']);
    t.deepEqual([exitCode, stdout, stderr], [2, '', `phptrace: ${said}\n`]);
  }
  const wrong = await place.phptrace(['attach', pid, '--thread', 'two']);
  t.is(wrong.exitCode, 2);
  t.regex(wrong.stderr, /^phptrace: [^\n]*'two' is invalid[^\n]*\n$/);
  const error = await t.throwsAsync<SeveralThreads>(attachTo(program.pid), { instanceOf: SeveralThreads });
  t.deepEqual(error.threads, tids);
});

integration('ps lists each thread that runs PHP with its heap, and doctor looks at each', async (t, place) => {
  const program = await start(place, 'thread', [STRINGS, ARRAYS, 'idle', 'plain']);
  const tids = ['strings.php', 'arrays.php', 'idle'].map((name) => threadCalled(program, name));
  const { stdout } = await place.phptrace(['ps', '--interval', '1s', '--format', 'json']);
  const rows = (JSON.parse(stdout) as ProcessList).processes.filter(({ pid }) => pid === program.pid);
  t.deepEqual(rows.map(({ thread }) => thread), tids);
  t.true(rows.every(({ heapBytes, unread }) => heapBytes !== null && heapBytes > 0 && unread === null));
  const growth = rows.map(({ growthPerMinute }) => growthPerMinute ?? 0);
  t.true(growth[0]! > 0 && growth[1]! > 0 && growth[2] === 0, String(growth));
  const text = await place.phptrace(['ps', '--interval', '100ms']);
  t.regex(text.stdout, new RegExp(`^ *PID +INNER +THREAD `));
  t.regex(text.stdout, new RegExp(`^ *${program.pid} +- +${tids[1]} `, 'm'));
  const doctor = await place.phptrace(['doctor', String(program.pid)]);
  t.is(doctor.exitCode, 0, doctor.stdout);
  t.regex(doctor.stdout, new RegExp(`^threads +ok +PHP runs in 3: ${tids.join(', ')}; each is traced by itself$`, 'm'));
  for (const tid of tids) t.regex(doctor.stdout, new RegExp(`^heap size of ${tid} +ok `, 'm'));
});

async function start(place: Workplace, where: 'main' | 'thread', what: readonly string[]): Promise<Program> {
  if (!existsSync(THREADS)) throw new Error(`${THREADS} is missing: run \`make php-builds\``);
  const program = place.start(THREADS, [where, ...what], { env: { PHPTRACE_STOP: place.path('stop') } });
  const scripts = what.filter((one) => one.endsWith('.php')).length;
  const others = what.length - scripts;
  const ready = (): boolean =>
    program.stdout.split('ready').length > scripts &&
    [...threadsCalled(program, 'idle'), ...threadsCalled(program, 'plain')].length === others;
  await until(() => ready() || program.ended !== undefined, `ready from ${what.join(', ')}`);
  return program;
}

function stop(place: Workplace): void {
  writeFileSync(place.path('stop'), '');
}

/** Threads are called what they run. */
function threadsCalled({ pid }: Program, name: string): number[] {
  const tasks = `/proc/${pid}/task`;
  const tids = readdirSync(tasks).map(Number).toSorted((a, b) => a - b);
  const called = (tid: number): boolean => readFileSync(`${tasks}/${tid}/comm`, 'utf8').trim() === name;
  return tids.filter(called);
}

function threadCalled(program: Program, name: string): number {
  const [tid] = threadsCalled(program, name);
  if (tid === undefined) throw new Error(`no thread is called ${name}`);
  return tid;
}

async function attach(place: Workplace, { pid }: Program, args: readonly string[]) {
  const { exitCode, stdout, stderr } = await place.phptrace(['attach', String(pid), ...args], { seconds: 50 });
  return { group: JSON.parse(stdout) as GroupReport, exitCode, stderr };
}

function leaks({ sites }: Report): (readonly [number, number, string | null])[] {
  return sites.filter(({ verdict }) => verdict === 'leak').map(({ line, bytesPerLoop, path }) => [line, bytesPerLoop, path]);
}

function inThread(program: Program, name: string, bytesPerLoop: number) {
  const thread = threadCalled(program, name);
  const bytes = 20 * bytesPerLoop;
  return { pid: program.pid, thread, verdict: 'leak', blocks: name === 'strings.php' ? 20 : 40, bytes, bytesPerLoop };
}

/** Of each thread its line, bytes a loop and holder, and nothing else. */
function leaksEach(t: ExecutionContext, program: Program, { processes }: GroupReport): void {
  const found: unknown = Object.fromEntries(processes.map((report) => [report.thread, [report.verdict, leaks(report)]]));
  t.deepEqual(found, {
    [threadCalled(program, 'strings.php')]: ['leak', [STRINGS_LEAK]],
    [threadCalled(program, 'arrays.php')]: ['leak', [ARRAYS_LEAK]],
    [threadCalled(program, 'innocent.php')]: ['clean', []],
  });
  for (const report of processes) {
    t.is(report.pid, program.pid);
    t.deepEqual([report.ended, report.notes], ['20 loops', []]);
    t.is(report.accounting.accounted, 1, JSON.stringify(report.accounting));
    const { droppedEvents, missedFrees, unreadFrames, unresolved } = report.accounting;
    t.deepEqual([droppedEvents, missedFrees, unreadFrames, unresolved], [0, 0, 0, 0]);
    t.true(report.sites.every(({ verdict }) => verdict === 'leak' || verdict === 'offset'), JSON.stringify(report.sites));
  }
}

/** It ends by itself, and has said what it says when nobody looks. */
async function endsAsUntraced(t: ExecutionContext, place: Workplace, program: Program): Promise<void> {
  stop(place);
  t.deepEqual(await program.endedWithin(20), { code: 0, signal: null });
  const said = ['arrays 28', 'arrays ready', 'innocent 3000', 'innocent ready', 'strings 2213177423', 'strings ready'];
  t.deepEqual(program.stdout.trim().split('\n').toSorted(), said);
  t.is(program.stderr, '');
}
