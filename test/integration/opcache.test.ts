import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { integration, php, root, until } from './harness.js';
import type { Workplace } from './harness.js';
import { hasWatchpoints, takeWatchpoints } from './watchpoints.js';

// What opcache does to the code of a program, and what huge pages do to its heap, changes nothing of what is found; of
// code that the JIT has compiled only the calls are not seen.

const compiled = join(root, 'test/integration/programs/compiled.php');
const steady = join(root, 'test/integration/programs/app-worker.php');
const LOADED = ['-d', 'opcache.enable_cli=1'];
const JIT = ['-d', 'opcache.jit_buffer_size=64M'];

integration('functions that the JIT has compiled keep what they keep without it, line by line', async (t, place) => {
  const interpreted = await keptByLine(t, place, 'disable');
  t.is(interpreted.length, 8, JSON.stringify(interpreted));
  t.deepEqual(await keptByLine(t, place, 'function'), interpreted);
});

integration('traces that the JIT has compiled keep as much, on the line or the one before it', async (t, place) => {
  const interpreted = await keptByLine(t, place, 'disable');
  const traced = await keptByLine(t, place, 'tracing');
  t.deepEqual(
    traced.map(([, bytes]) => bytes),
    interpreted.map(([, bytes]) => bytes),
  );
  for (const [index, [line]] of traced.entries()) t.true([0, 1].includes((interpreted[index]?.[0] ?? 0) - line));
});

integration(
  'where there is no watchpoint, a loop that the JIT has compiled is refused in one line',
  async (t, place) => {
    const program = place.start(php, [...LOADED, ...JIT, '-d', 'opcache.jit=function', compiled]);
    await until(() => program.stdout.includes('ready') || program.ended !== undefined, 'ready');
    const taken = takeWatchpoints(program.pid);
    t.teardown(() => {
      taken.free();
    });
    const { exitCode, stderr, stdout } = await place.phptrace(['attach', String(program.pid), '--loop', 'turn']);
    t.is(exitCode, 2);
    t.is(stdout, '');
    t.regex(stderr, /^phptrace: .*JIT.*\(opcache\.jit=disable\).*--loop request, none or symbol:NAME\n$/);
  },
);

for (const jit of hasWatchpoints() ? ['function', 'tracing'] : ['tracing']) {
  integration(`calls that the JIT (${jit}) hides are told, and none is made up`, async (t, place) => {
    const program = place.start(php, [...LOADED, ...JIT, '-d', `opcache.jit=${jit}`, compiled]);
    await until(() => program.stdout.includes('ready') || program.ended !== undefined, 'ready');
    const { report, exitCode, records } = await place.attachJson(program.pid, ['--loop', 'turn', '--duration', '2s']);
    t.is(exitCode, 2, JSON.stringify(report));
    const end = records.find((record) => record.type === 'end');
    t.regex(end?.notes.join('\n') ?? '', /opcache's JIT is on.*opcache\.jit=disable/);
  });
}

integration('code in shared memory, from a file cache or preloaded is followed', async (t, place) => {
  mkdirSync(place.path('code'));
  const ways = {
    'shared memory': LOADED,
    'a file cache alone': [
      ...LOADED,
      '-d',
      `opcache.file_cache=${place.path('code')}`,
      '-d',
      'opcache.file_cache_only=1',
    ],
    preloaded: [
      ...LOADED,
      '-d',
      `opcache.preload=${join(root, 'test/cases/lib/measured.php')}`,
      '-d',
      'opcache.preload_user=root',
    ],
  };
  for (const [way, settings] of Object.entries(ways)) await findsTheLeak(t, place, way, settings, {});
});

integration('a heap of huge pages is followed', async (t, place) => {
  await findsTheLeak(t, place, 'huge pages', [], { USE_ZEND_ALLOC_HUGE_PAGES: '1' });
});

/** Line and bytes a loop of what compiled.php keeps in each turn, in the order of lines. */
async function keptByLine(t: ExecutionContext, place: Workplace, jit: string): Promise<[number, number][]> {
  const program = place.start(php, [...LOADED, ...JIT, '-d', `opcache.jit=${jit}`, compiled]);
  await until(() => program.stdout.includes('ready') || program.ended !== undefined, `ready with jit=${jit}`);
  const args = ['--loop', 'symbol:php_random_bytes', '--loops', '15', '--duration', '15s', '--no-snapshot'];
  const { report } = await place.attachJson(program.pid, args);
  await program.stop();
  t.is(report.verdict, 'leak', jit);
  t.true(report.accounting.accounted >= 0.99, jit);
  const leaks = report.sites.filter(({ verdict }) => verdict === 'leak');
  return leaks.map(({ line, bytesPerLoop }): [number, number] => [line, bytesPerLoop]).sort(([a], [b]) => a - b);
}

async function findsTheLeak(
  t: ExecutionContext,
  place: Workplace,
  way: string,
  settings: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const program = place.start(php, [...settings, steady], { env });
  await until(() => program.stdout.includes('ready') || program.ended !== undefined, `ready: ${way}`);
  const run = await place.attachJson(program.pid, [
    '--loop',
    'App\\Worker::handle',
    '--loops',
    '8',
    '--duration',
    '15s',
  ]);
  t.is(run.report.verdict, 'leak', `${way}: ${JSON.stringify(run.report)}`);
  t.is(run.report.accounting.droppedEvents, 0);
  t.true(run.report.accounting.accounted >= 0.99);
  await program.stop();
}
