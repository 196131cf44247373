import { join } from 'node:path';
import { openDump } from '../../src/index.js';
import type { SnapshotReport } from '../../src/index.js';
import { integration, root } from './harness.js';
import type { Workplace } from './harness.js';

// The way to an object, in full, by what its program (test/integration/programs/held.php) names it.

const program = 'test/integration/programs/held.php';
const file = join(root, program);

const WAYS: Readonly<Record<string, string>> = {
  InStatic: "static Registry::$services → 'app' → ->mailer → ->mailer",
  InGlobal: "$GLOBALS['config'] → 'deep' → 'deeper'",
  InFunction: 'static $cache in remember() → [42]',
  InMethod: "static $made in Registry::once() → 'one'",
  InClosure: "static Registry::$services → 'app' → ->listeners → 'kernel.request' → [0] → $object",
  InGenerator: "$GLOBALS['numbers'] → $mine → [0]",
  InFiber: "$GLOBALS['fiber'] → $inner",
  InConstant: 'constant FIXTURE',
  InConstantExpression: 'constant OBJECT',
  Rank: 'constant Rank::Ace',
  InSuspicion: "$GLOBALS['suspect']",
  InShutdown: 'shutdown functions → [0]',
  InException: 'exception handler → $this → ->with',
  InAutoloader: 'autoloaders → [0]',
  InStorage: "$GLOBALS['basket'] → [InStorage #KEY2]",
  WithStorage: "$GLOBALS['basket'] → [InStorage #KEY2]",
  InStorageSubclass: "static Registry::$services → 'basket' → [Fiber #KEY3]",
  InFixed: "$GLOBALS['fixed'] → [3]",
  InHeap: "$GLOBALS['heap'] → [0]",
  InIterator: "$GLOBALS['iterator'] → 'row'",
  InWeakMap: "$GLOBALS['weak'] → [Suit #KEY1]",
  InReference: "$GLOBALS['reference']",
  InContext: "static Registry::$services → 'context' → 'http' → 'made'",
  InOutput: 'output buffers → [*] → $this',
  InChain: "$GLOBALS['chain'] → ->next → … → ->end",
  InLocal: `local $local of run() at ${file}:LINE`,
  InArgument: `local $argument of run() at ${file}:LINE`,
  Suit: 'constant Suit::Hearts',
};

integration('the way to an object is told in full, whatever holds it', async (t, place) => {
  const { report, keys } = await reporter(place);
  const ways = Object.keys(WAYS).map((type) => {
    const { why } = report({ why: type });
    const inWords = (path: string): string =>
      path.replace(/:\d+$/, ':LINE').replace(/ #(\d+)\]/, (_, key: string) => ` #KEY${keys.indexOf(key) + 1}]`);
    return [type, why?.paths.map(({ path }) => inWords(path)).join(' and ')];
  });
  t.deepEqual(Object.fromEntries(ways), WAYS);
});

integration('what the engine holds is told by what it is', async (t, place) => {
  const { paths } = (await reporter(place)).report({ top: 10_000 });
  const bytesOf = (wanted: string): number => paths.find(({ path }) => path === wanted)?.bytes ?? 0;
  t.true(bytesOf('ini error_log') > 100_000);
  for (const path of [
    'included files',
    'interned strings',
    'compiled code',
    'constant Noted::LIMITS',
    'attribute #[Note] of Noted',
    'attribute #[Note] of Noted::PLAIN',
    'attribute #[Note] of Noted::$property',
    'attribute #[Note] of Noted::method()',
    'attribute #[Note] of noted()',
    "stream wrapper 'storage'",
    "stream filter 'storage.read'",
  ]) {
    t.true(bytesOf(path) > 0, path);
  }
});

interface Reporter {
  readonly report: (options: object) => SnapshotReport;
  /** Numbers of the objects that are keys, as PHP knows them. */
  readonly keys: readonly string[];
}

/** Saves a dump of the program, and answers from it. */
async function reporter(place: Workplace): Promise<Reporter> {
  const running = await place.startReady(program);
  const [, ...keys] = running.stdout.trim().split(' ');
  const saved = join(place.directory, 'held.dump');
  const { exitCode, stderr } = await place.phptrace(['dump', String(running.pid), '--out', saved]);
  if (exitCode !== 0) throw new Error(stderr);
  running.finish();
  const dump = await openDump(saved);
  return { report: (options) => dump.report(options), keys };
}
