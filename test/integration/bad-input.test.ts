import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import type { ExecutionContext } from 'ava';
import { cli, integration, php, settledLoops, until, type Workplace } from './harness.js';
import type { ProgramOptions } from './program.js';

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
  const binary = place.path('php-without-symbols');
  copyFileSync(realpathSync(execFileSync('which', [php], { encoding: 'utf8' }).trim()), binary);
  const renamed = Buffer.from(readFileSync(binary).toString('latin1').replaceAll('_emalloc', '_xmalloc'), 'latin1');
  writeFileSync(binary, renamed);
  const running = place.start(binary, ['-n', '-r', 'echo "ready\n"; sleep(30);']);
  await until(() => running.stdout.includes('ready') || running.ended !== undefined, 'the renamed php');
  await refuses(t, place, ['attach', String(running.pid), '--loop', 'none'], [/_emalloc|symbol/i]);
  t.is(running.ended, undefined);
});

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
});

integration('a command that cannot be run', async (t, place) => {
  await refuses(t, place, ['run', '--loop', 'handle', '--', '/no/such/php', 'x.php'], ['/no/such/php']);
  await refuses(t, place, ['run', '--loop', 'handle'], [/command/i]);
  await refuses(t, place, ['run', '--loop', 'handle', '--', 'sleep', '20'], [/php/i]);
});

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
