import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { openSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { analyze } from '../../src/analyze.js';
import { clean } from '../../src/clean.js';
import { PhptraceError } from '../../src/errors.js';
import { createDefaultLog, defaultLogDirectory, defaultLogs, openNamedLog } from '../../src/log/location.js';
import { readLog } from '../../src/log/reader.js';
import { LogWriter } from '../../src/log/writer.js';
import type { TraceRecord } from '../../src/trace/records.js';
import { freedLater, leak } from './simulated-lines.js';
import { SimulatedProcess } from './simulated-process.js';

const directory = mkdtempSync(join(tmpdir(), 'phptrace-log-test-'));
let files = 0;

test.after.always(() => rmSync(directory, { recursive: true }));

test('what was written is read again, record for record', (t) => {
  const { records } = leaking();
  const file = written(records);
  const read: TraceRecord[] = [];
  t.deepEqual(
    readLog(file, (record) => read.push(record)),
    { torn: false, closed: true },
  );
  t.deepEqual(read, records);
});

test('a log is for its owner alone', (t) => {
  t.is(lstatSync(written(leaking().records)).mode & 0o777, 0o600);
});

test('a loop is in the file as soon as it is written, with the names that it uses', (t) => {
  const { records } = leaking();
  const log = openNamedLog(fresh());
  const writer = new LogWriter(log);
  for (const record of records) {
    writer.write(record);
    if (record.type === 'loop') t.notThrows(() => readLog(log.file, () => undefined));
  }
  writer.close();
});

test('a log that is cut anywhere is read up to its last whole line', async (t) => {
  const process = new SimulatedProcess();
  const line = leak()(process);
  process.run(3, line);
  process.end({});
  const whole = readFileSync(written(process.records));
  const headerLength = whole.indexOf(10);
  const newlines = [...whole.keys()].filter((at) => whole[at] === 10);
  for (let cut = 0; cut <= whole.length; cut++) {
    const file = fresh();
    writeFileSync(file, whole.subarray(0, cut));
    if (cut < headerLength) {
      const error = t.throws(() => readLog(file, () => undefined), { instanceOf: PhptraceError });
      t.regex(error.message, cut === 0 ? /is empty/ : /cut off in its first line/);
    } else {
      let records = 0;
      const { torn, closed } = readLog(file, () => records++);
      // A line is whole with its last brace, with or without the newline.
      t.is(records, newlines.filter((at) => at <= cut).length, `cut at ${cut}`);
      t.is(torn, !newlines.includes(cut) && !newlines.includes(cut - 1), `cut at ${cut}`);
      t.is(closed, cut >= whole.length - 1);
      const report = await analyze(file);
      const loops = process.records.slice(0, records).filter(({ type }) => type === 'loop').length;
      t.is(report.loops.settled, Math.max(0, loops - 3));
      t.is(
        report.notes.some((note) => note.includes('without an end record')),
        !closed,
      );
    }
    rmSync(file);
  }
});

test('a tail of zeros, as a power cut leaves it, is a torn line', (t) => {
  const file = written(leaking().records.slice(0, -1));
  writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(5000)]));
  t.deepEqual(
    readLog(file, () => undefined),
    { torn: true, closed: false },
  );
});

test('lines longer than a read and characters across its border are read whole', (t) => {
  const { records } = leaking();
  const long = { type: 'site', site: 99, file: `/srv/${'ä'.repeat(60_000)}.php`, line: 1, function: 'größe' } as const;
  const many = Array.from({ length: 30 }, (_, i) => ({ ...long, site: 100 + i }));
  const file = written([...records.slice(0, 2), ...many, ...records.slice(2)]);
  const read: TraceRecord[] = [];
  readLog(file, (record) => read.push(record));
  t.deepEqual(read[2], many[0]);
  t.deepEqual(read[31], many[29]);
});

const FOREIGN: readonly [what: string, content: string, message: RegExp][] = [
  ['an empty file', '', /is empty/],
  ['a text', 'hello\nworld\n', /is no phptrace log: line 1 is not its header/],
  ['a text without a newline', 'hello', /is no phptrace log/],
  ['another JSON', '{"name":"phptrace"}\n', /is no phptrace log/],
  ['a JSON null', 'null\n', /is no phptrace log/],
  ['a list', '[1,2]\n', /is no phptrace log/],
  [
    'a later schema',
    '{"type":"trace","schema":2}\n',
    /schema 2 and this phptrace reads 1: use the version that wrote it/,
  ],
  ['a header of too little', '{"type":"trace","schema":1}\n', /line 1: its "pid" is not a whole number/],
];

for (const [what, content, message] of FOREIGN) {
  test(`${what} is refused in one line that says what it is`, (t) => {
    const file = fresh();
    writeFileSync(file, content);
    const error = t.throws(() => readLog(file, () => undefined), { instanceOf: PhptraceError });
    t.regex(error.message, message);
    t.false(error.message.includes('\n'));
  });
}

const DAMAGES: readonly [what: string, from: string, to: string, message: RegExp][] = [
  ['a line torn in the middle', '"residue":[{', '"residue":[', /line 4: it is not JSON/],
  ['an unknown record', '"type":"site"', '"type":"sight"', /line 3: its type is "sight"/],
  ['a record named like a member of all objects', '"type":"site"', '"type":"constructor"', /its type is "constructor"/],
  ['a negative count', '"births":2', '"births":-2', /"births" is not a whole number from 0/],
  ['a number beyond what is exact', '"heapAfter":', '"heapAfter":1e300,"x":', /"heapAfter" is not a whole number/],
  ['text for a number', '"births":2', '"births":"2"', /"births" is not/],
  ['a hole in a list', '"blocks":1', '"blocks":null', /a list whose element 0 is an object whose "blocks" is/],
  [
    'an older block without a size',
    '"older":[{"blocks":1,"bytes":64',
    '"older":[{"blocks":1',
    /whose "bytes" is a whole number/,
  ],
  ['a site without a name', '"residue":[{"site":1', '"residue":[{"site":4000000000', /site 4000000000 was not named/],
  ['a hook without a name', '"type":"loop","hook":0', '"type":"loop","hook":9', /hook 9, which was not named/],
  ['a loop that is missing', '"loop":2,', '"loop":7,', /loop 7 follows loop 1/],
  ['a second header', '{"type":"site"', '{"type":"trace","schema":1,"x":"', /line 3/],
];

for (const [what, from, to, message] of DAMAGES) {
  test(`${what} is refused with its line`, async (t) => {
    const file = written(leaking().records);
    const content = readFileSync(file, 'utf8');
    t.true(content.includes(from));
    writeFileSync(file, content.replace(from, to));
    const error = await t.throwsAsync(() => analyze(file), { instanceOf: PhptraceError });
    t.regex(error.message, message);
    t.true(error.message.startsWith(`${file}, line `));
  });
}

test('a log that goes on after its end is refused', (t) => {
  const file = written(leaking().records);
  writeFileSync(file, readFileSync(file, 'utf8').repeat(2));
  t.throws(() => readLog(file, () => undefined), { message: /goes on after its end/ });
});

test('what is not there, a directory and a FIFO-like device are no logs', (t) => {
  for (const file of [join(directory, 'missing'), directory, '/dev/null']) {
    t.throws(() => readLog(file, () => undefined), { instanceOf: PhptraceError, message: /^cannot read the log/ });
  }
});

test('a full disk ends the log and not the trace, and is said once', (t) => {
  const writer = new LogWriter({ file: '/dev/full', fd: openSync('/dev/full', 'w') });
  for (const record of leaking().records) t.notThrows(() => writer.write(record));
  t.notThrows(() => writer.close());
  t.is(writer.problem, 'the log /dev/full ends early: it could not be written: ENOSPC');
});

test('a named log replaces an earlier log of ours and nothing else', (t) => {
  const { records } = leaking();
  const file = written(records);
  chmodSync(file, 0o644);
  const earlier = readFileSync(file, 'utf8');

  new LogWriter(openNamedLog(file)).discard();
  t.is(readFileSync(file, 'utf8'), earlier, 'a trace that comes to nothing takes nothing away');

  const writer = new LogWriter(openNamedLog(file));
  for (const record of records.slice(0, 1)) writer.write(record);
  writer.close();
  t.is(readFileSync(file, 'utf8'), `${JSON.stringify(records[0])}\n`);
  t.is(lstatSync(file).mode & 0o777, 0o600);

  const precious = fresh();
  writeFileSync(precious, 'root:x:0:0\n');
  t.throws(() => openNamedLog(precious), {
    instanceOf: PhptraceError,
    message: /no phptrace log and would be overwritten/,
  });
  t.is(readFileSync(precious, 'utf8'), 'root:x:0:0\n');
});

test('a trace that comes to nothing leaves no log of its own, nor the directory made for it', (t) => {
  const home = fresh();
  const uid = process.getuid?.() ?? 0;
  const env = { XDG_STATE_HOME: join(home, 'state') };
  const log = createDefaultLog(4242, new Date(), { env, uid, home });
  t.true(existsSync(log.file));
  new LogWriter(log).discard();
  t.false(existsSync(join(home, 'state', 'phptrace')));
});

test('a named log that is a link, a directory, a device or in no directory is refused in one line', (t) => {
  const link = fresh();
  symlinkSync(join(directory, 'elsewhere'), link);
  t.throws(() => openNamedLog(link), { instanceOf: PhptraceError, message: /it is a symbolic link/ });
  t.false(existsSync(join(directory, 'elsewhere')));
  t.throws(() => openNamedLog(directory), { instanceOf: PhptraceError, message: /EISDIR/ });
  t.throws(() => openNamedLog('/dev/null'), { instanceOf: PhptraceError, message: /not a regular file/ });
  t.throws(() => openNamedLog(join(directory, 'no', 'where')), { instanceOf: PhptraceError, message: /ENOENT/ });
});

test('the default directory is the state directory of the user, and of root that of the system', (t) => {
  const home = '/home/ada';
  t.is(defaultLogDirectory({ env: { XDG_STATE_HOME: '/state' }, uid: 1000, home }), '/state/phptrace');
  t.is(defaultLogDirectory({ env: { XDG_STATE_HOME: 'relative' }, uid: 0, home }), '/var/lib/phptrace');
  t.is(defaultLogDirectory({ env: {}, uid: 0, home }), '/var/lib/phptrace');
  t.is(defaultLogDirectory({ env: {}, uid: 1000, home }), '/home/ada/.local/state/phptrace');
});

test('a default log is a new file, named after pid and time, in a directory of mode 0700', (t) => {
  const surroundings = ownState();
  const now = new Date('2026-01-02T03:04:05.678Z');
  const names = [1, 2].map(() => {
    const log = createDefaultLog(4711, now, surroundings);
    new LogWriter(log).close();
    return log.file;
  });
  const logs = join(surroundings.env.XDG_STATE_HOME, 'phptrace');
  t.deepEqual(names, [join(logs, '4711-20260102T030405678Z.ndjson'), join(logs, '4711-20260102T030405678Z-2.ndjson')]);
  t.is(lstatSync(logs).mode & 0o777, 0o700);
  t.is(lstatSync(names[0]!).mode & 0o777, 0o600);
});

test('a default directory that others can write to, or that is a link, is refused', (t) => {
  const open = ownState();
  mkdirSync(join(open.env.XDG_STATE_HOME, 'phptrace'), { recursive: true });
  chmodSync(join(open.env.XDG_STATE_HOME, 'phptrace'), 0o777);
  t.throws(() => createDefaultLog(1, new Date(), open), { instanceOf: PhptraceError, message: /--log FILE/ });

  const linked = ownState();
  mkdirSync(linked.env.XDG_STATE_HOME);
  symlinkSync(directory, join(linked.env.XDG_STATE_HOME, 'phptrace'));
  t.throws(() => createDefaultLog(1, new Date(), linked), { instanceOf: PhptraceError, message: /it is a link/ });
});

test('a default directory that cannot be made is one line with the way out', (t) => {
  const surroundings = { ...ownState(), env: { XDG_STATE_HOME: '/dev/null/state' } };
  t.throws(() => createDefaultLog(1, new Date(), surroundings), { instanceOf: PhptraceError, message: /--log FILE/ });
});

test.serial('without a name the newest log is analyzed, and clean removes all of ours and nothing else', async (t) => {
  const before = process.env['XDG_STATE_HOME'];
  const surroundings = ownState();
  process.env['XDG_STATE_HOME'] = surroundings.env.XDG_STATE_HOME;
  try {
    await t.throwsAsync(() => analyze(), { instanceOf: PhptraceError, message: /there is no log in/ });
    const { records } = leaking();
    const [older, newer] = [1, 2].map((pid) => {
      const log = createDefaultLog(pid, new Date(), surroundings);
      written(records, log.file, new LogWriter(log));
      return log.file;
    }) as [string, string];
    utimesSync(older, 1, 1);
    t.deepEqual(defaultLogs(surroundings), [newer, older]);
    t.is((await analyze()).log, newer);

    const logs = join(surroundings.env.XDG_STATE_HOME, 'phptrace');
    writeFileSync(join(logs, 'foreign.ndjson'), '{"a":1}\n');
    writeFileSync(join(logs, 'notes.txt'), 'mine');
    t.deepEqual((await clean()).sort(), [older, newer].sort());
    t.deepEqual(readdirSync(logs).sort(), ['foreign.ndjson', 'notes.txt']);
  } finally {
    if (before === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = before;
  }
});

test('clean removes a named log, and refuses what is none', async (t) => {
  const file = written(leaking().records);
  t.deepEqual(await clean(file), [file]);
  t.false(existsSync(file));
  await t.throwsAsync(() => clean(file), { instanceOf: PhptraceError, message: /ENOENT/ });
  writeFileSync(file, 'hello');
  await t.throwsAsync(() => clean(file), { instanceOf: PhptraceError, message: /no phptrace log/ });
  t.true(existsSync(file));
});

test('a log of a later version is neither removed nor overwritten', async (t) => {
  const file = fresh();
  writeFileSync(file, '{"type":"trace","schema":2,"pid":1}\n');
  await t.throwsAsync(() => clean(file), { instanceOf: PhptraceError, message: /no phptrace log/ });
  t.throws(() => openNamedLog(file), { instanceOf: PhptraceError });
  t.true(existsSync(file));
});

test('the report of a log is that of the trace', async (t) => {
  const process = leaking();
  const report = await analyze(written(process.records));
  t.is(report.verdict, 'leak');
  t.like(report.sites[0], { file: '/srv/app.php', line: 1, verdict: 'leak', bytesPerLoop: 320 });
  t.deepEqual(
    report.sites.map(({ line, verdict }) => [line, verdict]),
    process.judgement().sites.map(({ place, verdict }) => [place.line, verdict]),
  );
});

function leaking(): SimulatedProcess {
  const process = new SimulatedProcess();
  const lines = [leak()(process), freedLater(3)(process)];
  process.run(10, (loop) => {
    for (const line of lines) line(loop);
    if (loop === 5) process.freeOlder(64, 9);
  });
  process.end({});
  return process;
}

function written(records: readonly TraceRecord[], file = fresh(), writer = new LogWriter(openNamedLog(file))): string {
  for (const record of records) writer.write(record);
  writer.close();
  return file;
}

function fresh(): string {
  return join(directory, `log-${++files}`);
}

function ownState(): { env: { XDG_STATE_HOME: string }; uid: number; home: string } {
  return { env: { XDG_STATE_HOME: join(directory, `state-${++files}`) }, uid: process.geteuid!(), home: '/nowhere' };
}
