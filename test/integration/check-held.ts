import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { openDump } from '../../src/index.js';
import { root, until } from './workplace.js';
import type { Workplace } from './workplace.js';

// What holds the objects of test/integration/programs/held.php, in full, by what the program names it.

const file = join(root, 'test/integration/programs/held.php');

/** The way to the one object of each class. */
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

/** Ways to what the engine has of the program. */
const OF_ENGINE = [
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
];

/** Has a php run the program, and compares what a dump says of it with what is so. */
export async function checkHeld(t: ExecutionContext, place: Workplace, php: readonly string[]): Promise<void> {
  const [command = '', ...given] = php;
  const running = place.start(command, [...given, file]);
  await until(() => /ready .*\n/.test(running.stdout) || running.ended !== undefined, `ready: ${running.stderr}`);
  const [, ...keys] = /ready (\d+) (\d+) (\d+)/.exec(running.stdout) ?? [];
  const saved = place.path('held.dump');
  const { exitCode, stderr } = await place.phptrace(['dump', String(running.pid), '--out', saved]);
  t.is(exitCode, 0, stderr);
  running.finish();
  const dump = await openDump(saved);

  const inWords = (path: string): string =>
    path.replace(/:\d+$/, ':LINE').replace(/ #(\d+)\]/, (_, key: string) => ` #KEY${keys.indexOf(key) + 1}]`);
  const ways = Object.keys(WAYS).map((type) => {
    const { why } = dump.report({ why: type });
    return [type, why?.paths.map(({ path }) => inWords(path)).join(' and ')];
  });
  t.deepEqual(Object.fromEntries(ways), WAYS);

  const { paths } = dump.report({ top: 10_000 });
  const bytesOf = (wanted: string): number => paths.find(({ path }) => path === wanted)?.bytes ?? 0;
  for (const path of OF_ENGINE) t.true(bytesOf(path) > 0, path);
  t.true(bytesOf('ini error_log') > 100_000);
}
