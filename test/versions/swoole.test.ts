import { readFileSync, readdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { integration, parseReport, php as system, root, until, type Workplace } from '../integration/harness.js';
import type { Program } from '../integration/program.js';
import { isGuilty, suspects } from '../integration/report-json.js';
import { swooleBuild } from './builds.js';

// Every program of examples/swoole, traced as its own comment says: its marked lines leak as many bytes a loop as they
// say, what holds them is found, and nothing else is accused.

const directory = join(root, 'examples/swoole');
const SHARED = ['tracker.php', 'load.php'];
const programs = readdirSync(directory).filter((name) => name.endsWith('.php') && !SHARED.includes(name));

test('every program says how it is traced, and the README lists it', (t) => {
  const readme = source('README.md');
  for (const name of programs) {
    t.regex(source(name), /^\/\/ {3}sudo phptrace attach \$(!|server) --loop \S+/m, name);
    t.true(readme.includes(name), name);
  }
});

for (const name of programs) {
  integration(`${name}: its marked lines are named, with bytes and holder, and no others`, async (t, place) => {
    const pid = await start(place, name);
    const args = ['--loop', loopOf(name), '--loops', loopsOf(name), '--duration', '25s'];
    const { report, exitCode, stderr } = await place.attachJson(pid, args);
    const detail = JSON.stringify({ ...report, stderr }, null, 1);
    const marks = marksOf(name);
    t.deepEqual(
      suspects(report).map(({ file, line }) => `${file}:${line}`),
      marks.map(({ line }) => `${join(directory, name)}:${line}`),
      detail,
    );
    for (const { line, bytes, holder } of marks) {
      const site = report.sites.find((found) => found.line === line && found.verdict === 'leak');
      t.is(site?.outside, bytes === 'outside', detail);
      if (bytes !== 'outside') checkBytes(t, site?.bytesPerLoop, bytes, detail);
      t.regex(`${site?.holder} → ${site?.path}`, new RegExp(`${escaped(holder)}$`), detail);
    }
    t.is(exitCode, marks.length > 0 ? 1 : 0);
    t.is(report.accounting.droppedEvents, 0);
    t.true(report.accounting.accounted >= 0.99, detail);
    t.deepEqual(
      report.notes.filter((note) => /judged before they were over|could not be followed/.test(note)),
      [],
    );
  });
}

integration('a launched server is followed from its first request, and its switches are probed', async (t, place) => {
  const [php = '', ...given] = swooleBuild();
  const name = 'interleaved.php';
  const port = await freePort();
  const args = ['-v', '--format', 'json', '--loop', loopOf(name), '--loops', '200', '--duration', '25s'];
  const running = place.startPhptrace(['run', ...args, '--', php, ...given, join(directory, name), String(port)]);
  await listens(port, running);
  askAgainAndAgain(place, port, '8');
  await until(() => running.stdout.includes('\n') || running.ended !== undefined, 'the report', 40);
  const { sites } = parseReport(running.stdout, null, running.stderr);
  t.deepEqual(
    sites.filter(isGuilty).map(({ line, bytesPerLoop }) => [line, String(bytesPerLoop)]),
    marksOf(name).map(({ line, bytes }) => [line, bytes]),
    running.stdout,
  );
  t.regex(running.stderr, /the coroutines of \S*swoole\.so were followed/);
});

const WAITING = `
  final class Outside {}
  final class Waiting {}
  final class InContext {}
  function app() {
    $held = new Outside();
    Co\\run(function () {
      go(function () { $mine = new Waiting(); Co::getContext()['data'] = new InContext(); Co::sleep(60); });
      echo 'ready';
      for ($end = time() + 20; time() < $end;) { strrev("busy $end"); }
    });
  }
  app();`;

integration('what waiting coroutines hold, and main while one runs, is found', async (t, place) => {
  const [php = '', ...given] = swooleBuild();
  const program = place.start(php, [...given, '-r', WAITING]);
  await until(() => program.stdout === 'ready' || program.ended !== undefined, `ready: ${program.stderr}`);
  const holders: Record<string, RegExp> = {
    Outside: /local \$held of app\(\) at [^\n]*:\d+$/m,
    Waiting: /local \$mine of {closure}\(\) at [^\n]*:\d+ in a coroutine$/m,
    InContext: /context of a coroutine → 'data'$/m,
  };
  for (const [name, holder] of Object.entries(holders)) {
    const { stdout, stderr } = await place.phptrace(['dump', String(program.pid), '--why', name]);
    t.regex(stdout, holder, stderr);
  }
});

/** Starts a program, and a client of it where it is a server; resolves with its pid when it runs. */
async function start(place: Workplace, name: string): Promise<number> {
  const [php = '', ...given] = swooleBuild();
  const port = await freePort();
  const program = place.start(php, [...given, join(directory, name), String(port)]);
  const client = /load\.php(?: 9501 30 (\d+))? &/.exec(source(name));
  if (client) {
    await listens(port, program);
    askAgainAndAgain(place, port, client[1] ?? '1');
  } else {
    await until(() => program.ended !== undefined || isSwoole(program.pid), `${name} to be PHP`);
  }
  return program.pid;
}

function askAgainAndAgain(place: Workplace, port: number, atOnce: string): void {
  place.start(system, [join(directory, 'load.php'), String(port), '40', atOnce]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listens(port: number, { ended, stderr }: Program): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end && ended === undefined; await sleep(50)) {
    const answers = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (answers) return;
  }
  throw new Error(`nothing listens on port ${port}: ${stderr}`);
}

/** `env` has become the PHP that it was told to run, and that has loaded Swoole. */
function isSwoole(pid: number): boolean {
  return readFileSync(`/proc/${pid}/maps`, 'latin1').includes('/swoole.so');
}

/** Exactly so many, or with `~` up to a tenth more, where an array grows on that line, too. */
function checkBytes(t: ExecutionContext, found: number | undefined, said: string, detail: string): void {
  const [bytes, about] = [Number(said.replace(/^~/, '')), said.startsWith('~')];
  if (about) t.true(found !== undefined && found >= bytes && found < bytes * 1.1, detail);
  else t.is(found, bytes, detail);
}

function escaped(text: string): string {
  return text.replace(/[[\]$*()]/g, '\\$&');
}

function source(name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}

function loopOf(name: string): string {
  return /attach \$\w*!? --loop (\S+)/.exec(source(name))?.[1] ?? '';
}

function loopsOf(name: string): string {
  return /--loops (\d+)/.exec(source(name))?.[1] ?? '100';
}

/** What the comments of the marked lines say: `// leaks: BYTES in HOLDER`, `outside` for a line that is in no loop. */
function marksOf(name: string): { line: number; bytes: string; holder: string }[] {
  return source(name)
    .split('\n')
    .flatMap((text, index) => {
      const found = /\/\/ leaks: (\S+) in (.+)$/.exec(text);
      return found ? [{ line: index + 1, bytes: found[1] ?? '', holder: found[2] ?? '' }] : [];
    });
}
