import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { SnapshotReport } from '../../src/index.js';
import { integration } from './harness.js';

// A chain of a million objects and arrays 100,000 deep: nothing here may recurse, and nothing take quadratic time.

const LIST = 'static Chains::$list → ->next → …';
const NESTED = `static Chains::$nested${' → [*]'.repeat(8)} → …`;
const SECONDS = 120;

integration(
  'a chain of a million objects is told, whatever the format, and so is the way to its end',
  async (t, place) => {
    const running = await place.startReady('test/integration/programs/deep.php');
    const file = place.path('deep.dump');
    const run = async (...args: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await place.phptrace(['dump', ...args], { seconds: SECONDS });
      t.is(exitCode, 0, stderr);
      return stdout;
    };
    const live = await run(String(running.pid), '--out', file);
    running.finish();
    t.regex(live, /1,000,000 {2}static Chains::\$list → ->next → … {2}\(Link\)/);

    const report = JSON.parse(await run(file, '--format', 'json')) as SnapshotReport;
    t.is(report.paths.find(({ path }) => path === LIST)?.blocks, 1_000_000);
    t.is(report.paths.find(({ path }) => path === NESTED)?.blocks, 2 * (100_000 - 8) + 1);
    const links = report.types.find(({ type }) => type === 'Link');
    t.like(links, { blocks: 1_000_000, shallowBytes: 56_000_000, retainedBytes: 56_000_040 });

    t.true((await run(file, '--why', 'EndOfList')).includes(`  ${LIST}\n`));
    t.true((await run(file, '--why', 'EndOfArray')).includes('  static Chains::$nested → [0] → …\n'));

    const output = place.path('output');
    await run(file, '--format', 'heapsnapshot', '--output', output);
    t.true(readFileSync(output).length > 40_000_000);
    await run(file, '--format', 'pprof', '--output', output);
    t.true(gunzipSync(readFileSync(output)).includes('->next → …'));
  },
);
