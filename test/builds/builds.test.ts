import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { GroupReport } from '../../src/index.js';
import { checkHeld } from '../integration/check-held.js';
import { integration, php, root, until, type JsonRun, type Workplace } from '../integration/harness.js';
import { findingOf, judgeCase } from '../integration/judge-case.js';
import { suspects } from '../integration/report-json.js';
import { markedLine, readCases } from '../integration/truth.js';
import { takeWatchpoints } from '../integration/watchpoints.js';
import { Matrix } from '../versions/matrix.js';

// Builds of PHP that no package brings: what is found with them is what is found with Debian's, or they are refused.

const FOLDER = join(root, '.cache/php-builds');
/** Those under which all programs are traced: their columns in the table. */
const BUILDS = {
  ZTS: join(FOLDER, 'zts/bin/php'),
  clang: join(FOLDER, 'clang/bin/php'),
  'no global registers': join(FOLDER, 'no-global-regs/bin/php'),
  musl: join(FOLDER, 'musl/bin/php'),
};
const LEAKING = join(root, 'test/integration/programs/app-worker.php');
const HOOKED = join(root, 'test/integration/programs/hooks.php');

/** Extensions that the programs need and build.sh builds into all of them. */
const BUILT_IN: readonly string[] = ['posix'];

/** What `doctor` says of each; of the first three it is what it says of no other build. */
const SIGNS: Readonly<Record<keyof typeof BUILDS, RegExp>> = {
  ZTS: /^allocGlobals\.offsetAt +ok .*thread's block/m,
  clang: /^opline +ok +in its frame/m,
  'no global registers': /^opline +ok +in its frame/m,
  musl: /^opline +ok +in r15, and its frame in r14/m,
};

const columns = Object.keys(BUILDS) as (keyof typeof BUILDS)[];
const columnOf = (build: keyof typeof BUILDS): string => `8.2 ${build}`;
const matrix = new Matrix(columns.map(columnOf), 'builds-table');

/** Slow ones are about verdicts, which know nothing of builds. */
const subjects = readCases().filter(({ truth }) => !truth.slow);

for (const build of columns) {
  const column = columnOf(build);
  for (const subject of subjects) {
    const { name, truth } = subject;
    if (truth.extension !== undefined) {
      matrix.set(name, column, { skipped: 'needs a C extension, which is not built for these' });
      continue;
    }
    if (truth.needs.some((extension) => !BUILT_IN.includes(extension))) {
      matrix.set(name, column, { skipped: 'needs an extension that these are built without' });
      continue;
    }
    integration(`${build}, ${name}: ${findingOf(subject)}`, async (t, place) => {
      matrix.set(name, column, 'failed');
      await judgeCase(t, place, subject, [BUILDS[build], '-n']);
      matrix.set(name, column, 'passed');
    });
  }

  integration(`${build}: doctor proves the layout, and a snapshot tells what holds the memory`, async (t, place) => {
    matrix.set('_doctor, dump_', column, 'failed');
    const pid = await startReady(place, [BUILDS[build], '-n', LEAKING]);
    const { exitCode, stdout } = await place.phptrace(['doctor', String(pid)]);
    t.is(exitCode, 0, stdout);
    t.regex(stdout, SIGNS[build]);
    t.regex(stdout, /^heap +ok +0x[0-9a-f]+, main_chunk is/m);
    const dump = await place.phptrace(['dump', String(pid), '--why', 'App\\Worker']);
    t.is(dump.exitCode, 0, dump.stderr);
    t.regex(dump.stdout, /\$GLOBALS\['worker'\]/);
    matrix.set('_doctor, dump_', column, 'passed');
  });
}

for (const build of columns) {
  integration(`${build}: the way to an object is told in full, whatever holds it`, async (t, place) => {
    matrix.set('_what holds it_', columnOf(build), 'failed');
    await checkHeld(t, place, [BUILDS[build], '-n']);
    matrix.set('_what holds it_', columnOf(build), 'passed');
  });
}

for (const build of ['clang', 'no global registers'] as const) {
  integration(`${build}: where no watchpoint is to be had the loop is found and noticed by handlers`, async (t, place) => {
    const pid = await startReady(place, [BUILDS[build], '-n', HOOKED]);
    const taken = takeWatchpoints(pid);
    t.teardown(() => taken.free());
    const { report, exitCode, stderr } = await place.attachJson(pid, ['--loops', '30']);
    t.is(exitCode, 1, stderr);
    t.like(report.hooks[0], { loop: 'handle', boundary: 'handler' }, JSON.stringify(report.hooks));
    const found = suspects(report).map((site) => [site.line, site.verdict, site.bytesPerLoop]);
    t.deepEqual(found, [[markedLine(HOOKED, '@leak-1'), 'leak', 1280]], JSON.stringify(report));
  });
}

for (const host of ['host-pie', 'host-non-pie']) {
  integration(`a program with PHP linked into it (${host}) is traced and dumped`, async (t, place) => {
    await findsTheLeak(t, place, [join(FOLDER, 'embed', host), LEAKING]);
  });
}

const THREADS = join(FOLDER, 'zts/threads');

integration('ZTS: PHP in a thread that is not the main one is traced and dumped', async (t, place) => {
  await findsTheLeak(t, place, [THREADS, 'thread', LEAKING]);
});

integration('ZTS: of several threads that run the same code each is traced', async (t, place) => {
  const pid = await startReady(place, [THREADS, 'main', LEAKING, LEAKING, LEAKING]);
  const args = ['--loop', 'App\\Worker::handle', '--loops', '8', '--duration', '30s', '--format', 'json'];
  const { exitCode, stdout, stderr } = await place.phptrace(['attach', String(pid), ...args]);
  t.is(exitCode, 1, stderr);
  const { processes, merged } = JSON.parse(stdout) as GroupReport;
  t.is(processes.length, 3);
  for (const { sites } of processes) {
    t.deepEqual(sites.filter(({ verdict }) => verdict === 'leak').map(({ bytesPerLoop }) => bytesPerLoop), [1024]);
  }
  t.deepEqual(merged.sites.filter(({ verdict }) => verdict === 'leak').map((site) => site.processes.length), [3]);
});

integration('a debug build is refused in one line', async (t, place) => {
  const pid = await startReady(place, [join(FOLDER, 'debug/bin/php'), '-n', LEAKING]);
  const { exitCode, stdout, stderr } = await place.phptrace(['attach', String(pid), '--loop', 'handle', '--quiet']);
  t.is(exitCode, 2, stdout);
  t.regex(stderr, /^phptrace: [^\n]+is a debug build of PHP \(--enable-debug\)[^\n]+\n$/);
});

for (const mode of ['off', 'develop,debug']) {
  integration(`Xdebug (${mode}) changes nothing of what is found`, async (t, place) => {
    await findsTheLeak(t, place, [php, '-d', `zend_extension=${xdebug()}`, '-d', `xdebug.mode=${mode}`, LEAKING]);
  });
}

test.after.always('the table', (t) => {
  const document = process.env['PHPTRACE_VERSIONS_TABLE'];
  if (document === undefined) process.stderr.write(`\n${matrix.render()}`);
  else matrix.writeInto(document);
  t.pass();
});

async function startReady(place: Workplace, [program = '', ...args]: readonly string[]): Promise<number> {
  if (!existsSync(program) && program.startsWith('/')) throw new Error(`${program} is missing: run \`make php-builds\``);
  const running = place.start(program, args);
  await until(() => running.stdout.includes('ready') || running.ended !== undefined, `ready from ${program}`);
  return running.pid;
}

async function findsTheLeak(t: ExecutionContext, place: Workplace, command: readonly string[]): Promise<JsonRun> {
  const pid = await startReady(place, command);
  const args = ['--loop', 'App\\Worker::handle', '--loops', '8', '--duration', '15s'];
  const run = await place.attachJson(pid, args);
  t.is(run.report.verdict, 'leak', JSON.stringify(run.report));
  t.true(run.report.accounting.accounted >= 0.99);
  const dump = await place.phptrace(['dump', String(pid)]);
  t.regex(dump.stdout, /\$GLOBALS\['worker'\] → ->handled/, dump.stderr);
  return run;
}

/** Its package is unpacked and not installed: that would load it into every php of the machine. */
function xdebug(): string {
  const folder = join(FOLDER, 'xdebug/usr/lib/php');
  const [api = ''] = readdirSync(folder);
  return join(folder, api, 'xdebug.so');
}
