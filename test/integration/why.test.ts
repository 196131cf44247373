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
  InShutdown: 'shutdown functions → [0]',
  InException: 'exception handler → $this → ->with',
  InAutoloader: 'autoloaders → [0]',
  InStorage: "$GLOBALS['basket'] → [0]",
  InStorageSubclass: "static Registry::$services → 'basket' → [0]",
  InFixed: "$GLOBALS['fixed'] → [3]",
  InHeap: "$GLOBALS['heap'] → [0]",
  InIterator: "$GLOBALS['iterator'] → 'row'",
  InWeakMap: "$GLOBALS['weak'] → [0]",
  InReference: "$GLOBALS['reference']",
  InContext: "static Registry::$services → 'context' → 'http' → 'made'",
  InOutput: 'output buffers → [*] → $this',
  InChain: "$GLOBALS['chain'] → ->next → … → ->end",
  InLocal: `local $local of run() at ${file}:LINE`,
  InArgument: `local $argument of run() at ${file}:LINE`,
  Suit: 'constant Suit::Hearts',
};

integration('the way to an object is told in full, whatever holds it', async (t, place) => {
  const report = await reporter(place);
  const ways = Object.keys(WAYS).map((type) => {
    const { why } = report({ why: type });
    return [type, why?.paths.map(({ path }) => path.replace(/:\d+$/, ':LINE')).join(' and ')];
  });
  t.deepEqual(Object.fromEntries(ways), WAYS);
});

integration('what the engine holds is told by what it is', async (t, place) => {
  const { paths } = (await reporter(place))({ top: 10_000 });
  const bytesOf = (wanted: string): number => paths.find(({ path }) => path === wanted)?.bytes ?? 0;
  t.true(bytesOf('ini error_log') > 100_000);
  for (const path of ['included files', 'interned strings', 'compiled code']) {
    t.true(bytesOf(path) > 0, path);
  }
});

/** Saves a dump of the program, and answers from it. */
async function reporter(place: Workplace): Promise<(options: object) => SnapshotReport> {
  const running = await place.startReady(program);
  const saved = join(place.directory, 'held.dump');
  const { exitCode, stderr } = await place.phptrace(['dump', String(running.pid), '--out', saved]);
  if (exitCode !== 0) throw new Error(stderr);
  running.finish();
  const dump = await openDump(saved);
  return (options) => dump.report(options);
}
