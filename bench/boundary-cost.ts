import { openTarget } from '../src/live/target.js';
import { WaitingHooks, wantedHooks } from '../src/live/waiting-hooks.js';
import { missingWatchpoints, openHitCounter } from '../src/native/watchpoints.js';
import { PhpWindows } from './php-windows.js';
import { PhptraceCommand } from './phptrace-command.js';
import { duration, ratio } from './quantities.js';
import { lowerQuartile, median } from './statistics.js';
import type { Row } from './table.js';

const ROUNDS = 3;
const WINDOW_MS = 10;
const SECONDS = 0.4;
const GOAL_NS = 5000;
/** What is measured on a machine without watchpoints. */
const WITHOUT: readonly string[] = ['plain', 'handler'];

/** What a loop's beginning costs: an empty function, called again and again, as the loop of a trace. */
export async function measureBoundaryCost(directory: string, progress: (text: string) => void): Promise<Row[]> {
  const traced =
    (...args: readonly string[]) =>
    (php: PhpWindows) =>
      underPhptrace(php, directory, args);
  const ways = {
    plain: (php: PhpWindows) => php.measure(SECONDS),
    counted: underCounter,
    watchpoint: traced('--loop', 'loop', '--boundary', 'watchpoint'),
    handler: traced('--loop', 'loop', '--boundary', 'handler'),
    elsewhere: traced('--loop', 'never', '--boundary', 'watchpoint'),
  };
  type Way = keyof typeof ways;
  const samples: Record<Way, number[]> = { plain: [], counted: [], watchpoint: [], handler: [], elsewhere: [] };
  const missing = missingWatchpoints();
  if (missing !== undefined) progress(`${missing}: the rows that take one are left out`);
  const measured = (Object.keys(ways) as Way[]).filter((way) => missing === undefined || WITHOUT.includes(way));
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`loop boundaries, round ${String(round)} of ${String(ROUNDS)}`);
    for (const way of measured) samples[way].push(await nsPerCall(ways[way]));
  }
  const call = median(samples.plain);
  const added = (way: Way): number => median(samples[way]) - call;
  const boundary = (what: string, way: Way): Row => ({
    what,
    measured: `+${duration(added(way))}`,
    peer: `a watchpoint that only counts: +${duration(added('counted'))}`,
    ratio: ratio(added(way), added('counted')),
  });
  const plain = { what: 'call of an empty function, untraced', measured: duration(call) };
  if (missing !== undefined) {
    return [plain, { what: 'added to a loop, by its handler', measured: `+${duration(added('handler'))}` }];
  }
  return [
    plain,
    {
      ...boundary('added to a loop, by watchpoint', 'watchpoint'),
      goal: `at most ${duration(GOAL_NS)}`,
      reached: added('watchpoint') <= GOAL_NS,
    },
    boundary('added to a loop, by its handler', 'handler'),
    { what: 'added where another function is the loop', measured: duration(added('elsewhere')), goal: 'nothing' },
  ];
}

async function nsPerCall(measure: (php: PhpWindows) => Promise<number[]>): Promise<number> {
  const php = await PhpWindows.start('calls', WINDOW_MS);
  try {
    return lowerQuartile(await measure(php));
  } finally {
    await php.stop();
  }
}

async function underPhptrace(php: PhpWindows, directory: string, args: readonly string[]): Promise<number[]> {
  const phptrace = await PhptraceCommand.attach(php.pid, directory, args);
  try {
    return await php.measure(SECONDS);
  } finally {
    await phptrace.end();
  }
}

/** The same watchpoint without a program: what the machine takes for the trap alone. */
async function underCounter(php: PhpWindows): Promise<number[]> {
  const target = openTarget(php.pid);
  target.process.elf.close();
  const [found] = new WaitingHooks(target, wantedHooks(['loop'])).takeResolved();
  if (found?.boundary.kind !== 'opline') throw new Error('the function of calls.php was not found');
  const counter = openHitCounter(php.pid, found.boundary.opline);
  try {
    return await php.measure(SECONDS);
  } finally {
    counter.close();
  }
}
