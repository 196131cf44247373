import { readFileSync, readdirSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SnapshotDiff, SnapshotReport } from '../../src/index.js';
import { processState } from '../../src/php/process.js';
import { integration, php, root, until } from './harness.js';
import type { Workplace } from './harness.js';
import type { Program } from './program.js';

// `phptrace dump` and `phptrace diff` against what the program knows of itself, to the byte.

const program = join(root, 'test/integration/programs/snapshot.php');
const ENTRIES = 'static AuditTrail::$entries';

integration('what is alive is what the program counts: bytes, objects, strings, ways', async (t, place) => {
  const running = await start(place);
  const report = await dumpJson(place, running.pid);
  t.is(report.heap.liveBytes, usageOf(running));
  t.is(typeOf(report, 'User')?.blocks, 1000);
  t.is(typeOf(report, 'Cache')?.blocks, 1);
  const { count, bytes } = report.heap.reachable;
  const { cycles, kept, orphans } = report.garbage;
  t.is(count + cycles.count + kept.count + orphans.count, report.heap.blocks);
  t.is(bytes + cycles.bytes + kept.bytes + orphans.bytes, report.heap.liveBytes);
  const path = report.paths.find((found) => found.path === `${ENTRIES} → [*] → 'body'`);
  t.like(path, { holder: ENTRIES, type: 'string', blocks: 5000 });
  t.is(report.paths.find((found) => found.path === "$GLOBALS['cache'] → ->byName → [*]")?.blocks, 999);
  // 1000 equal names: a header of 24 bytes, 180 bytes, a NUL make blocks of 224.
  const [worst] = report.duplicates.strings;
  t.like(worst, { count: 1000, lengthBytes: 180, wastedBytes: 999 * 224, text: null });
});

integration('where the engine keeps what is derived once for a binary', async (t, place) => {
  const running = await start(place);
  const [cache, report] = [place.path('cache'), place.path('report.json')];
  const args = ['dump', String(running.pid), '--format', 'json', '--output', report, '-v'];
  const dump = async (): Promise<{ paths: SnapshotReport['paths']; stderr: string }> => {
    const { exitCode, stderr } = await place.phptrace(args, { env: { XDG_CACHE_HOME: cache } });
    t.is(exitCode, 0, stderr);
    return { paths: (JSON.parse(readFileSync(report, 'utf8')) as SnapshotReport).paths, stderr };
  };
  const first = await dump();
  const kept = readdirSync(join(cache, 'phptrace'));
  t.is(kept.length, 1);
  const file = join(cache, 'phptrace', kept[0]!);
  const { ino } = statSync(file);
  t.true(readFileSync(file, 'utf8').includes('"mapPtrBase"'));
  const second = await dump();
  t.is(statSync(file).ino, ino, 'nothing was derived that had to be kept again');
  t.regex(second.stderr, /was derived before/);
  t.deepEqual(second.paths, first.paths);
});

integration('contents of strings appear with --strings alone, in every format', async (t, place) => {
  const running = await start(place);
  const file = place.path('heap.dump');
  await succeeds(place, ['dump', String(running.pid), '--out', file]);
  for (const format of ['text', 'json', 'heapsnapshot', 'pprof']) {
    const shown = async (...flags: string[]): Promise<string> => {
      const output = place.path('report');
      await succeeds(place, ['dump', file, '--format', format, '--output', output, ...flags]);
      const bytes = readFileSync(output);
      return (format === 'pprof' ? gunzipSync(bytes) : bytes).toString('utf8');
    };
    const without = await shown();
    t.false(/same name|secret of entry/.test(without), format);
    t.true(without.includes('entries') && without.includes('body'), format);
    t.is((await shown('--strings')).includes('same name'), format !== 'pprof', format);
  }
});

integration('--why names what holds a class, and the way to one block', async (t, place) => {
  const running = await start(place);
  const file = place.path('heap.dump');
  await succeeds(place, ['dump', String(running.pid), '--out', file]);
  const users = await whyJson(place, file, 'user');
  t.like(users, { type: 'User', blocks: 1000, sample: 1000, inCycles: 0, orphans: 0 });
  t.deepEqual(
    users.paths.map(({ path, blocks }) => [path, blocks]),
    [
      ["$GLOBALS['cache'] → ->byName → [*]", 999],
      ["$GLOBALS['cache'] → ->last", 1],
    ],
  );
  const first = await succeeds(place, ['dump', file, '--why', 'user', '--top', '1']);
  t.regex(first, /999 +\$GLOBALS\['cache'\] → ->byName → \[\*\]\n +and 1 other way\n/);
  const { duplicates } = JSON.parse(await succeeds(place, ['dump', file, '--format', 'json'])) as SnapshotReport;
  t.regex(duplicates.strings[0]?.path ?? '', /^\$GLOBALS\['cache'\] → ->byName → 'user-\d+' → ->name$/);
  const unknown = await place.phptrace(['dump', file, '--why', 'Usr']);
  t.is(unknown.exitCode, 2);
  t.regex(unknown.stderr, /^phptrace: nothing of type Usr is alive \(did you mean User\?\)[^\n]*\n$/);
  const statics = await place.phptrace(['dump', file, '--why', 'audittrail']);
  t.is(statics.exitCode, 2);
  t.regex(
    statics.stderr,
    /^phptrace: no object of class audittrail is alive, and what it keeps is in static AuditTrail::\$entries \(\d+ bytes\): [^\n]*\n$/,
  );
  const freed = await place.phptrace(['dump', file, '--why', '0x1000']);
  t.is(freed.exitCode, 2);
  t.regex(freed.stderr, /^phptrace: no live block [^\n]*0x1000[^\n]*\n$/);
});

integration('a saved copy gives the report of the process, and the process is as untraced', async (t, place) => {
  const running = await start(place);
  const file = place.path('heap.dump');
  const live = await place.phptrace(['dump', String(running.pid), '--out', file]);
  t.is(live.exitCode, 0, live.stderr);
  t.is(live.stdout, await succeeds(place, ['dump', file]));
  t.is(statSync(file).mode & 0o777, 0o600);
  const sizeBytes = statSync(file).size.toLocaleString('en-US');
  t.regex(
    live.stderr,
    new RegExp(`is in ${file}: [\\d.]+ MiB \\(${sizeBytes} bytes\\); .* stood still for [\\d.]+ ms\\n$`),
  );
  const untraced = await start(place);
  for (const one of [running, untraced]) one.finish();
  t.deepEqual(await running.endedWithin(10), { code: 7, signal: null });
  t.deepEqual(await untraced.endedWithin(10), { code: 7, signal: null });
  t.is(running.stdout, untraced.stdout);
});

integration('a diff names what grew, by way, root and type, to the byte', async (t, place) => {
  const running = await start(place);
  const [before, after] = [place.path('before.dump'), place.path('after.dump')];
  await succeeds(place, ['dump', String(running.pid), '--out', before]);
  const usage = usageOf(running);
  await say(running, 'grow');
  await succeeds(place, ['dump', String(running.pid), '--out', after]);
  const diff = JSON.parse(await succeeds(place, ['diff', before, after, '--format', 'json'])) as SnapshotDiff;
  t.is(diff.bytes, usageOf(running) - usage);
  // 300 strings of 24 + 18 to 20 + 1 bytes: blocks of 48; 300 arrays of 56 bytes and their elements of 320.
  const path = (name: string) => diff.paths.find((found) => found.path === name);
  t.like(path(`${ENTRIES} → [*] → 'body'`), { type: 'string', blocks: 300, bytes: 300 * 48, afterBlocks: 5300 });
  t.like(path(`${ENTRIES} → [*]`), { blocks: 600, bytes: 300 * (56 + 320) });
  t.is(diff.holders[0]?.holder, ENTRIES);
  t.is(diff.holders[0]?.blocks, 900);
  // The line that it was told is in $line.
  t.is(diff.types.find(({ type }) => type === 'string')?.blocks, 301);
  t.is(
    diff.types.find(({ type }) => type === 'User'),
    undefined,
  );
  const text = await succeeds(place, ['diff', before, after]);
  t.true(text.includes(`+14.1 KiB  +300  ${ENTRIES} → [*] → 'body'  (string)`), text);
});

integration('--every and --count take several, and --diff compares the last with the first', async (t, place) => {
  const running = await start(place);
  const out = place.path('heap.dump');
  const args = [
    'dump',
    String(running.pid),
    '--every',
    '3s',
    '--count',
    '2',
    '--diff',
    '--format',
    'json',
    '--out',
    out,
  ];
  const tracer = place.startPhptrace(args);
  await until(() => existsSync(place.path('heap-1.dump')) || tracer.ended !== undefined, 'the first copy');
  await say(running, 'grow');
  t.deepEqual(await tracer.endedWithin(30), { code: 0, signal: null }, tracer.stderr);
  const diff = JSON.parse(tracer.stdout) as SnapshotDiff;
  t.is(diff.holders[0]?.holder, ENTRIES);
  t.is(diff.holders[0]?.blocks, 900);
  t.true(existsSync(place.path('heap-2.dump')));
});

integration('gc_mem_caches() gives back what the report says', async (t, place) => {
  const running = await start(place);
  await say(running, 'fragment');
  const { fragmentation } = await dumpJson(place, running.pid);
  t.true(fragmentation.collectableBytes > 1_000_000);
  await say(running, 'caches');
  t.is(Number(/freed (\d+)/.exec(running.stdout)?.[1]), fragmentation.collectableBytes);
});

integration('phptrace killed in mid-dump leaves the process running', async (t, place) => {
  const running = await place.startReady('test/integration/programs/heap.php', ['60']);
  for (const delayMs of [700, 900, 1100, 1400, 1800]) {
    const tracer = place.startPhptrace(['dump', String(running.pid)]);
    await sleep(delayMs);
    tracer.signal('SIGKILL');
    await tracer.endedWithin(5);
    t.not(processState(running.pid), 't');
  }
  running.finish();
  t.deepEqual(await running.endedWithin(10), { code: 0, signal: null });
});

integration('what cannot be dumped is refused in one line', async (t, place) => {
  const gone = place.start('true', []);
  await gone.endedWithin(5);
  const other = place.start('sleep', ['30']);
  const nothing = place.path('nothing.dump');
  const text = place.path('text.dump');
  writeFileSync(text, 'no dump');
  const running = await start(place);
  const whole = place.path('whole.dump');
  await succeeds(place, ['dump', String(running.pid), '--out', whole]);
  const bytes = readFileSync(whole);
  const cut = place.path('cut.dump');
  writeFileSync(cut, bytes.subarray(0, bytes.length - 5000));
  const damaged = place.path('damaged.dump');
  writeFileSync(damaged, Buffer.from(bytes).fill(0xff, bytes.length - 9000, bytes.length - 8990));
  const newer = place.path('newer.dump');
  writeFileSync(newer, Buffer.from(bytes).fill(9, 16, 17));
  const pid = String(running.pid);
  const cases: [string[], RegExp][] = [
    [['dump', String(gone.pid)], /no process|does not exist|no such process/i],
    [['dump', '99999999999'], /no process 99999999999/],
    [['dump', String(other.pid)], /php/i],
    [['dump', nothing], /cannot open .*ENOENT/],
    [['dump', text], /is no dump of phptrace/],
    [['dump', cut], /damaged at offset \d+: it ends there/],
    [['dump', damaged], /damaged at offset \d+: the checksum/],
    [['dump', newer], /is of dump format 9/],
    [['diff', whole, cut], /damaged at offset/],
    [['dump', whole, '--out', cut], /is a saved copy/],
    [['dump', pid, '--diff', '--format', 'pprof'], /--format pprof is of one copy/],
    [['dump', pid, '--out', text], /is no dump: name another file/],
    [['dump', pid, '--output', place.path('absent/report')], /cannot write the report/],
  ];
  for (const [args, message] of cases) {
    const { exitCode, stdout, stderr } = await place.phptrace(args);
    t.is(exitCode, 2, `${args.join(' ')}\n${stderr}`);
    t.is(stdout, '');
    t.regex(stderr, /^phptrace: [^\n]+\n$/, args.join(' '));
    t.regex(stderr, message);
  }
  t.is(running.ended, undefined);
});

integration(
  "the table of weak references has a name, and one of an object is the object's; none keeps anything",
  async (t, place) => {
    const running = await place.startReady('test/integration/programs/weak-references.php');
    const args = ['dump', String(running.pid), '--format', 'json', '--top', '1000'];
    const { paths, garbage } = JSON.parse(await succeeds(place, args)) as SnapshotReport;
    const named = paths.filter(({ holder }) => holder === 'weak references');
    t.is(
      named.reduce((sum, { blocks }) => sum + blocks, 0),
      1,
      JSON.stringify(paths, null, 1),
    );
    // The objects, and for each second one a table with its elements.
    const kept = paths.find(({ path }) => path === "$GLOBALS['kept'] → [*]");
    t.is(kept?.blocks, 400 + 2 * 200, JSON.stringify(paths, null, 1));
    t.deepEqual([garbage.cycles.count, garbage.kept.count, garbage.orphans.count], [0, 0, 0]);
    t.deepEqual(
      paths.filter(({ holder, type }) => holder === 'executor' && type === '(unknown)'),
      [],
    );
  },
);

integration('who may not trace is told so', async (t, place) => {
  const running = await start(place);
  const { exitCode, stderr } = await place.phptrace(['dump', String(running.pid)], { uid: 65534 });
  t.is(exitCode, 2);
  t.regex(stderr, /^phptrace: [^\n]*(root|CAP_SYS_PTRACE)[^\n]*\n$/);
});

integration('a free list that is corrupt is told with its address, and the copy can be kept', async (t, place) => {
  const running = await start(place);
  const whole = place.path('whole.dump');
  await succeeds(place, ['dump', String(running.pid), '--out', whole]);
  const { loadImage } = await import('../../src/heap/dump-reader.js');
  const { saveImage } = await import('../../src/heap/dump-writer.js');
  const image = loadImage(whole);
  const { heapAddress, heap } = image.header;
  // The first free slot of the bin of 64 bytes points into the middle of itself.
  const head = image.pointer(heapAddress + heap.freeSlot + 8 * 7);
  image.words[image.at(head)] = (head + 4) >>> 0;
  const broken = place.path('broken.dump');
  saveImage(image, broken);
  const { exitCode, stderr, stdout } = await place.phptrace(['dump', broken]);
  t.is(exitCode, 2);
  t.is(stdout, '');
  t.regex(
    stderr,
    new RegExp(`^phptrace: the list of free slots of 64 bytes is corrupt at 0x${(head + 4).toString(16)}[^\\n]*\\n$`),
  );
  t.true(stderr.includes(`${String(image.pointer(heapAddress + heap.size))} bytes`), stderr);
});

/** Starts the program, at whose first line it becomes ready. */
async function start(place: Workplace): Promise<Program> {
  const running = place.start(php, [program]);
  running.say('begin\n');
  await until(() => readies(running) > 1 || running.ended !== undefined, 'ready');
  return running;
}

async function dumpJson(place: Workplace, pid: number): Promise<SnapshotReport> {
  return JSON.parse(await succeeds(place, ['dump', String(pid), '--format', 'json'])) as SnapshotReport;
}

async function whyJson(place: Workplace, file: string, what: string): Promise<NonNullable<SnapshotReport['why']>> {
  const report = JSON.parse(await succeeds(place, ['dump', file, '--format', 'json', '--why', what])) as SnapshotReport;
  if (report.why === null) throw new Error('no answer');
  return report.why;
}

async function succeeds(place: Workplace, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await place.phptrace(args);
  if (exitCode !== 0) throw new Error(`phptrace ${args.join(' ')}: ${String(exitCode)}: ${stderr}`);
  return stdout;
}

/** What memory_get_usage() said at last. */
function usageOf(running: Program): number {
  return Number(/ready (\d+)\n$/.exec(running.stdout)?.[1]);
}

/** Says a line and waits for the program's answer. */
async function say(running: Program, line: string): Promise<void> {
  const told = readies(running);
  running.say(`${line}\n`);
  await until(() => readies(running) > told || running.ended !== undefined, `the answer to ${line}`);
}

function readies({ stdout }: Program): number {
  return stdout.split('ready').length;
}

function typeOf({ types }: SnapshotReport, name: string): SnapshotReport['types'][number] | undefined {
  return types.find(({ type }) => type === name);
}
