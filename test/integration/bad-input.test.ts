import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { processState } from '../../src/php/process.js';
import { cli, integration, php, root, settledLoops, until, type Workplace } from './harness.js';
import type { Program, ProgramOptions } from './program.js';
import { markedLine } from './truth.js';

// What cannot be traced is refused in one line that says what, why and the way out; exit code 2; nothing left behind.

const hooks = 'test/integration/programs/hooks.php';

integration('no such pid', async (t, place) => {
  const gone = place.start('true', []);
  await gone.endedWithin(5);
  await refuses(
    t,
    place,
    ['attach', String(gone.pid)],
    [String(gone.pid), /no such process|does not exist|no process/i],
  );
});

for (const pid of ['0', '-5', 'abc', '1e3', '99999999999']) {
  integration(`a pid that is none: ${pid}`, async (t, place) => {
    await refuses(t, place, ['attach', '--', pid], [pid]);
  });
}

integration('a process that is not PHP', async (t, place) => {
  const other = place.start('sleep', ['30']);
  await refuses(t, place, ['attach', String(other.pid)], [String(other.pid), /php/i]);
  t.is(other.ended, undefined);
});

integration('a PHP whose symbols are gone', async (t, place) => {
  const running = await startCopy(place, (text) => text.replaceAll('_emalloc', '_xmalloc'));
  await refuses(t, place, ['attach', String(running.pid), '--loop', 'none'], [/is PHP without symbols.*_emalloc/]);
  t.is(running.ended, undefined);
});

integration('a program that is called php and is none', async (t, place) => {
  copyFileSync('/bin/sleep', place.path('php'));
  const other = place.start(place.path('php'), ['30']);
  await refuses(t, place, ['attach', String(other.pid)], [String(other.pid), /is not PHP.*phptrace ps/]);
  t.is(other.ended, undefined);
});

integration('requests of a PHP of the command line', async (t, place) => {
  const running = await place.startReady(hooks);
  await refuses(t, place, ['attach', String(running.pid), '--loop', 'request'], [/command line.*--loop '\\request'/]);
  t.is(running.ended, undefined);
});

integration('a 32-bit program', async (t, place) => {
  writeFileSync(place.path('php'), program32(), { mode: 0o755 });
  // It runs until it is ended, where the kernel runs it at all.
  if (spawnSync(place.path('php'), { timeout: 200 }).signal === null) {
    t.log('not tried: this kernel runs no 32-bit programs');
    t.pass();
    return;
  }
  const other = place.start(place.path('php'), []);
  await refuses(t, place, ['attach', String(other.pid)], [String(other.pid), /32-bit.*amd64/]);
});

integration('a program that an emulator runs', async (t, place) => {
  copyFileSync('/bin/sleep', place.path('qemu-aarch64-static'));
  const other = place.start(place.path('qemu-aarch64-static'), ['30']);
  await refuses(t, place, ['attach', String(other.pid)], [String(other.pid), /emulator.*x86-64/]);
});

integration('a PHP that is too old', async (t, place) => {
  const running = await startCopy(place, (text) => text.replace(/(X-Powered-By: PHP)\/\d\.\d\./, '$1/7.3.'));
  // The copy has the build id of a php that the common cache may know.
  const options = { env: { XDG_CACHE_HOME: place.path('cache') } };
  await refuses(t, place, ['attach', String(running.pid), '--loop', 'none'], [/PHP 7\.3\.\d+.*7\.4: upgrade/], options);
  t.is(running.ended, undefined);
});

integration(
  'a binary that was replaced under the process, or is gone, is the one that the process runs',
  async (t, place) => {
    const binary = place.path('php');
    const running = await startCopy(place, (text) => text, [join(root, hooks)]);
    copyFileSync('/bin/sleep', `${binary}.new`);
    renameSync(`${binary}.new`, binary);
    const args = ['--loop', 'handle', '--loops', '5', '--duration', '10s'];
    t.is((await place.attachJson(running.pid, args)).report.verdict, 'leak');
    unlinkSync(binary);
    t.is((await place.attachJson(running.pid, args)).report.verdict, 'leak');
    const { exitCode, stdout, stderr } = await place.phptrace(['dump', String(running.pid)]);
    t.is(exitCode, 0, stderr);
    t.regex(stdout, /What holds the memory/);
  },
);

integration('a custom allocator', async (t, place) => {
  const running = await place.startReady(hooks, [], { env: { USE_ZEND_ALLOC: '0' } });
  await refuses(t, place, ['attach', String(running.pid), '--loop', 'handle'], [/USE_ZEND_ALLOC|custom/i]);
  t.is(running.ended, undefined);
});

integration('no privilege', async (t, place) => {
  if (!readableByAll(cli)) {
    t.log('not looked at: the checkout is not readable by other users');
    t.pass();
    return;
  }
  const running = await place.startReady(hooks);
  const args = ['attach', String(running.pid), '--loop', 'handle'];
  await refuses(t, place, args, [/root|sudo|CAP_|privilege/i], { uid: 65534 });
});

integration('a kernel without BTF', async (t, place) => {
  const running = await place.startReady(hooks);
  const args = [String(running.pid), '--loop', 'handle', '--loops', '10', '--duration', '10s', '--quiet'];
  const { exitCode, stderr } = await withHidden(place, '/sys/kernel/btf', ['attach', ...args]);
  // A build of the probes that needs no BTF may go on; one that needs it has to say so.
  if (exitCode !== 1) isOneLine(t, stderr, [/BTF/]);
  t.true(exitCode === 1 || exitCode === 2, stderr);
});

integration('a kernel without uprobes', async (t, place) => {
  const running = await place.startReady(hooks);
  const args = ['attach', String(running.pid), '--loop', 'handle', '--links', 'perf', '--quiet'];
  const { exitCode, stderr } = await withHidden(place, '/sys/bus/event_source/devices', args);
  t.is(exitCode, 2, stderr);
  isOneLine(t, stderr, [/uprobe/i]);
});

integration('a loop function that never appears is named, with those that are near', async (t, place) => {
  const running = await place.startReady(hooks);
  const args = ['attach', String(running.pid), '--loop', 'handel', '--duration', '2s', '--quiet'];
  const { exitCode, stdout, stderr } = await place.phptrace(args);
  t.is(exitCode, 2, stdout + stderr);
  t.regex(stdout + stderr, /handel/);
  t.regex(stdout + stderr, /handle/);
});

const twoLoops = 'test/integration/programs/two-loops.php';
const unrun = markedLine(join(root, twoLoops), '@unrun-1');

const lines: readonly (readonly [what: string, loop: string, says: RegExp])[] = [
  [
    "past its file's end",
    'two-loops.php:999',
    /: [^ ]+\/two-loops\.php has no code at line 999 that is known; the nearest is at \d+, and the file ends at line 31\n$/,
  ],
  [
    'between lines with code',
    'two-loops.php:1',
    /: [^ ]+\/two-loops\.php has no code at line 1 that is known; the nearest is at \d+\n$/,
  ],
  [
    'of a file that is not there',
    'two-lops.php:8',
    /: none of the files whose code is known is two-lops\.php \(did you mean [^ ]+\/two-loops\.php\?\)\n$/,
  ],
  [
    'of a function that does not run',
    `two-loops.php:${unrun}`,
    /: line \d+ is in onReload, which was not seen to run\n$/,
  ],
];
for (const [what, loop, says] of lines) {
  integration(`a line ${what} is no loop, and which part is wrong is told`, async (t, place) => {
    const running = await place.startReady(twoLoops);
    await refuses(t, place, ['attach', String(running.pid), '--loop', loop, '--duration', '1'], [loop, says]);
  });
}

integration('a line that can never come is not waited for', async (t, place) => {
  const running = await place.startReady(twoLoops);
  const begun = performance.now();
  await refuses(
    t,
    place,
    ['attach', String(running.pid), '--loop', 'two-loops.php:40'],
    [/the file ends at line 31\n$/],
  );
  t.true(performance.now() - begun < 15_000, 'the trace would have lasted for a minute');
});

for (const loop of ['json_encode', 'ArrayObject::append']) {
  integration(`${loop} is no code of PHP, and is not waited for`, async (t, place) => {
    const running = await place.startReady(twoLoops);
    await refuses(
      t,
      place,
      ['attach', String(running.pid), '--loop', loop],
      [loop, /name the function of yours that calls it\n$/],
    );
  });
}

integration('a script that does not compile', async (t, place) => {
  writeFileSync(place.path('broken.php'), '<?php function handle() {');
  for (const loop of [['--loop', 'handle'], []]) {
    const args = ['run', '--quiet', ...loop, '--', php, '-n', '-d', 'display_errors=stderr', place.path('broken.php')];
    const { exitCode, stdout, stderr } = await place.phptrace(args);
    t.deepEqual([exitCode, stdout], [2, '']);
    t.regex(stderr, /Parse error: /);
    t.regex(
      stderr,
      /\nphptrace: the script ended before any loop, with the code of a PHP error \(exit code 255\): see what PHP said[^\n]*\n$/,
    );
  }
});

integration('a script that is not there', async (t, place) => {
  const said = 'the program ended before any loop, with exit code 1: see what it said, and run it without phptrace';
  for (const [loop, why] of [
    [['--loop', 'handle'], `--loop handle: process \\d+ has run no such code; ${said}`],
    [[], said],
  ] as const) {
    const args = ['run', '--quiet', ...loop, '--', php, '-n', place.path('nofile.php')];
    const { exitCode, stderr } = await place.phptrace(args);
    t.is(exitCode, 2);
    t.regex(stderr, new RegExp(`^phptrace: ${why.replace(/[()]/g, '.')}\n$`));
  }
});

integration('a symbol that PHP does not have: which it has is to be found', async (t, place) => {
  const running = await place.startReady(hooks);
  await refuses(
    t,
    place,
    ['attach', String(running.pid), '--loop', 'symbol:nope'],
    [
      /: --loop symbol:nope: [^ ]+ exports no such function[^:]*: `nm -D [^ ]+` lists those that it does; a function of PHP/,
    ],
  );
});

integration('the first process is no PHP, and those that are can be listed', async (t, place) => {
  await refuses(t, place, ['attach', '1'], [/process 1 \(.+\).*`phptrace ps` lists the processes that/]);
});

for (const loop of ['', '::', 'Foo::', 'symbol:', 'symbol:no_such_symbol_at_all']) {
  integration(`a loop that is none: '${loop}'`, async (t, place) => {
    const running = await place.startReady(hooks);
    await refuses(t, place, ['attach', String(running.pid), '--loop', loop], [/--loop|loop|symbol/i]);
  });
}

for (const option of [
  ['--loops', '0'],
  ['--loops', 'x'],
  ['--warmup', '-1'],
  ['--duration', 'soon'],
  ['--ring', '5x'],
] as const) {
  integration(`an option that means nothing: ${option.join(' ')}`, async (t, place) => {
    const running = await place.startReady(hooks);
    await refuses(t, place, ['attach', String(running.pid), ...option], [option[0]]);
  });
}

integration('two tracers at once', async (t, place) => {
  const running = await place.startReady(hooks);
  const log = place.path('first.ndjson');
  const pid = String(running.pid);
  const first = place.startPhptrace(['attach', pid, '--loop', 'handle', '--loops', '100000', '--log', log]);
  await settledLoops(first, log);
  await refuses(t, place, ['attach', pid, '--loop', 'handle'], [/already|another|traced/i], {}, true);
  t.is(first.ended, undefined);
  first.signal('SIGINT');
  t.is((await first.endedWithin(10)).code, 1, 'the first goes on as if nothing were');
});

integration('a log that cannot be written', async (t, place) => {
  const running = await place.startReady(hooks);
  mkdirSync(place.path('a-directory'));
  writeFileSync(place.path('target'), 'precious');
  symlinkSync(place.path('target'), place.path('a-link'));
  for (const log of [
    place.path('no/such/directory/x.ndjson'),
    place.path('a-directory'),
    place.path('a-link'),
    '/dev/full',
  ]) {
    await refuses(t, place, ['attach', String(running.pid), '--loop', 'handle', '--log', log], [log]);
  }
  t.is(readFileSync(place.path('target'), 'utf8'), 'precious');
  const lost = place.path('no/such/x.ndjson');
  const { stderr } = await place.phptrace(['attach', String(running.pid), '--log', lost]);
  const why = `there is no folder ${place.path('no/such')}: name another file with --log FILE`;
  t.is(stderr, `phptrace: cannot log to ${lost}: ${why}\n`, 'before the loop is looked for');
});

integration('a log of an earlier trace is replaced, and that is said', async (t, place) => {
  const running = await place.startReady(hooks);
  const log = place.path('trace.ndjson');
  const args = ['attach', String(running.pid), '--loop', 'handle', '--loops', '5', '--log', log];
  const first = await place.phptrace(args);
  t.notRegex(first.stderr, /replaced/);
  const { ino } = statSync(log);
  const second = await place.phptrace(args);
  t.true(
    second.stderr.includes(`phptrace: ${log} has the log of an earlier trace, which is replaced\n`),
    second.stderr,
  );
  t.is(statSync(log).ino, ino);
  t.is((await place.phptrace(['analyze', log])).stdout, second.stdout, 'it is the second trace alone');
});

integration('a process that is stopped', async (t, place) => {
  const running = await place.startReady(hooks);
  running.signal('SIGSTOP');
  await until(() => processState(running.pid) === 'T', 'stop');
  const { exitCode, stderr } = await place.phptrace(['attach', String(running.pid), '--quiet']);
  running.signal('SIGCONT');
  t.is(exitCode, 2);
  const { pid } = running;
  t.is(stderr, `phptrace: process ${pid} is stopped, so it runs no loop: have it go on (kill -CONT ${pid})\n`);
});

integration('attach and doctor give the same reason', async (t, place) => {
  const sleeping = place.start('sleep', ['30']);
  const attached = await place.phptrace(['attach', String(sleeping.pid), '--quiet']);
  const reason = /^phptrace: (.+)\n$/.exec(attached.stderr)?.[1] ?? '';
  t.not(reason, '');
  const doctor = await place.phptrace(['doctor', String(sleeping.pid)]);
  t.is(doctor.exitCode, 2);
  t.true(doctor.stdout.endsWith(`missing  ${reason}\n\nphptrace cannot trace this process.\n`), doctor.stdout);
});

integration('a command that cannot be run', async (t, place) => {
  await refuses(t, place, ['run', '--loop', 'handle', '--', '/no/such/php', 'x.php'], ['/no/such/php']);
  await refuses(t, place, ['run', '--loop', 'handle'], [/command/i]);
  await refuses(t, place, ['run', '--loop', 'handle', '--', 'sleep', '20'], [/php/i]);
});

/** Starts a copy of php with other bytes in it, called php, and waits until it is ready. */
async function startCopy(
  place: Workplace,
  change: (text: string) => string,
  args: readonly string[] = ['-r', 'echo "ready\n"; sleep(30);'],
): Promise<Program> {
  const original = readFileSync(realpathSync(execFileSync('which', [php], { encoding: 'utf8' }).trim()));
  writeFileSync(place.path('php'), Buffer.from(change(original.toString('latin1')), 'latin1'), { mode: 0o755 });
  const running = place.start(place.path('php'), ['-n', ...args]);
  await until(() => running.stdout.includes('ready') || running.ended !== undefined, 'the copy of php');
  return running;
}

/** A 32-bit ELF executable (elf(5)) of one segment, that calls pause(2) for ever. */
function program32(): Uint8Array {
  const [headerBytes, segmentBytes, base] = [52, 32, 0x08048000];
  const code = [0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7]; // mov eax, 29; int 0x80; jmp back
  const start = headerBytes + segmentBytes;
  const bytes = new DataView(new ArrayBuffer(start + code.length));
  const words = (at: number, values: readonly number[]) =>
    values.forEach((value, index) => bytes.setUint32(at + 4 * index, value, true));
  // 0x7f 'ELF', 32 bits, little-endian, version 1.
  words(0, [0x464c457f, 0x00010101]);
  // ET_EXEC of EM_386; version, entry, program headers, no sections, flags; sizes of the headers, one segment.
  words(16, [0x00030002, 1, base + start, headerBytes, 0, 0, (segmentBytes << 16) | headerBytes, 1]);
  // PT_LOAD: offset, addresses, sizes, readable and executable, aligned to a page.
  words(headerBytes, [1, 0, base, base, bytes.byteLength, bytes.byteLength, 5, 0x1000]);
  code.forEach((byte, index) => bytes.setUint8(start + index, byte));
  return new Uint8Array(bytes.buffer);
}

/** Runs phptrace and expects its refusal: one line with these words, exit code 2, no log in the state directory. */
async function refuses(
  t: ExecutionContext,
  place: Workplace,
  args: readonly string[],
  says: readonly (string | RegExp)[],
  options: ProgramOptions = {},
  logsMayBe = false,
): Promise<void> {
  const [verb = '', ...rest] = args;
  const { exitCode, stdout, stderr } = await place.phptrace([verb, '--quiet', ...rest], options);
  t.is(exitCode, 2, stdout + stderr);
  t.is(stdout, '');
  isOneLine(t, stderr, says);
  if (!logsMayBe) t.deepEqual(filesUnder(place.path('state')), []);
}

function isOneLine(t: ExecutionContext, stderr: string, says: readonly (string | RegExp)[]): void {
  t.regex(stderr, /^phptrace: [^\n]+\n$/);
  for (const words of says)
    t.true(typeof words === 'string' ? stderr.includes(words) : words.test(stderr), `${words}: ${stderr}`);
}

/** Runs phptrace where a directory of the kernel's looks empty, in a mount namespace of its own. */
async function withHidden(place: Workplace, directory: string, args: readonly string[]) {
  const script = `mount -t tmpfs none ${directory} && exec "$@"`;
  const command = [process.execPath, cli, ...args];
  const program = place.start('unshare', ['-m', 'sh', '-c', script, 'sh', ...command]);
  const { code } = await program.endedWithin(40);
  return { exitCode: code, stderr: program.stderr };
}

function filesUnder(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: 'utf8' }) : [];
}

function readableByAll(path: string): boolean {
  if (!existsSync(path)) return false;
  const needed = statSync(path).isDirectory() ? 0o001 : 0o004;
  return (statSync(path).mode & needed) !== 0 && (path === '/' || readableByAll(dirname(path)));
}
