import { copyFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import type { ListedProcess, ProcessList } from '../../src/index.js';
import { integration, type Workplace } from './harness.js';

const program = 'test/integration/programs/growing.php';

integration(
  'ps lists a worker with its heap and how fast that grows, and nothing that is not PHP',
  async (t, place) => {
    const worker = await place.startReady(program);
    const copy = place.path('php8.2');
    copyFileSync('/bin/sleep', copy);
    const impostor = place.start(copy, ['60']);
    const processes = await list(t, place, ['--interval', '2s']);
    const { php, sapi, script, rssBytes, heapBytes, heapRealBytes, growthPerMinute, unread } = row(
      processes,
      worker.pid,
    );
    t.regex(php ?? '', /^\d+\.\d+\.\d+$/);
    t.deepEqual([sapi, unread], ['cli', null]);
    t.true(script.endsWith(program), script);
    t.true(heapBytes !== null && heapRealBytes !== null && heapBytes < heapRealBytes && heapRealBytes < rssBytes);
    // 1280 bytes in at least 10 ms each: at most 7.7 MB a minute, and far less than the megabytes of each turn.
    t.true(growthPerMinute !== null && growthPerMinute > 0 && growthPerMinute < 8_000_000, String(growthPerMinute));
    t.is(
      processes.find(({ pid }) => pid === impostor.pid),
      undefined,
    );
  },
);

integration('ps says why a PHP has no numbers: another allocator, no rights', async (t, place) => {
  const foreign = await place.startReady(program, [], { env: { USE_ZEND_ALLOC: '0' } });
  t.is(row(await list(t, place, ['--interval', '100ms']), foreign.pid).unread, 'other allocator');

  const own = await place.startReady(program, [], { uid: NOBODY });
  const { stdout } = await place.phptrace(['ps', '--interval', '100ms', '--format', 'json'], {
    uid: NOBODY,
    env: { XDG_CACHE_HOME: '/nonexistent' },
  });
  const seen = JSON.parse(stdout) as ProcessList;
  t.is(row(seen.processes, own.pid).unread, null);
  const unseen = row(seen.processes, foreign.pid);
  t.deepEqual([unseen.unread, unseen.heapBytes, unseen.php], ['no rights', null, null]);
  t.true(unseen.rssBytes > 0);
  t.regex(seen.notes.join(), /want of rights: run as root to see all/);
});

integration('ps, as root, is silent about what is not PHP and may not be looked into', async (t, place) => {
  await place.startReady(program);
  const { stdout } = await place.phptrace(['ps', '--interval', '100ms', '--format', 'json']);
  t.deepEqual((JSON.parse(stdout) as ProcessList).notes, []);
});

integration('ps shows the inner pid of a process in a pid namespace', async (t, place) => {
  const outer = place.start('unshare', ['--pid', '--fork', '--mount-proc', 'php', program]);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const processes = await list(t, place, ['--interval', '100ms']);
  const inner = processes.find(({ innerPid }) => innerPid === 1);
  t.truthy(inner, `${JSON.stringify(processes)} ${outer.stderr}`);
  t.regex(inner?.container ?? '', /^\d+$/, 'without a name the namespace stands for the container');
  t.is(inner?.unread, null);
});

/** A user whom every system has, and who owns nothing. */
const NOBODY = 65_534;

async function list(t: ExecutionContext, place: Workplace, args: readonly string[]): Promise<readonly ListedProcess[]> {
  const { exitCode, stdout, stderr } = await place.phptrace(['ps', '--format', 'json', ...args]);
  t.is(exitCode, 0, stderr);
  return (JSON.parse(stdout) as ProcessList).processes;
}

function row(processes: readonly ListedProcess[], pid: number): ListedProcess {
  const found = processes.find((listed) => listed.pid === pid);
  if (!found) throw new Error(`process ${String(pid)} is not in ${JSON.stringify(processes)}`);
  return found;
}
