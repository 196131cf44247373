import { PhpWindows } from './php-windows.js';
import { PhptraceCommand } from './phptrace-command.js';
import { duration, ratio } from './quantities.js';
import { median } from './statistics.js';
import type { Row } from './table.js';

const ROUNDS = 3;
const WINDOW_MS = 10;
const SECONDS = 0.4;
const GOAL_NS = 5000;

/** What a loop's beginning costs: an empty function, called again and again, as the loop of a trace. */
export async function measureBoundaryCost(directory: string, progress: (text: string) => void): Promise<Row[]> {
  const ways = { plain: [], watchpoint: [], handler: [], elsewhere: [] } as Record<Way, number[]>;
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`loop boundaries, round ${String(round)} of ${String(ROUNDS)}`);
    for (const way of Object.keys(ways) as Way[]) ways[way].push(await nsPerCall(directory, WAYS[way]));
  }
  const call = median(ways.plain);
  const added = (way: Way): number => median(ways[way]) - call;
  return [
    { what: 'call of an empty function, untraced', measured: duration(call) },
    {
      what: 'added to a loop, by watchpoint',
      measured: `+${duration(added('watchpoint'))}`,
      peer: `by its handler: +${duration(added('handler'))}`,
      ratio: ratio(added('watchpoint'), added('handler')),
      goal: `at most ${duration(GOAL_NS)}`,
      reached: added('watchpoint') <= GOAL_NS,
    },
    { what: 'added where another function is the loop', measured: duration(added('elsewhere')), goal: 'nothing' },
  ];
}

type Way = keyof typeof WAYS;

const WAYS = {
  plain: undefined,
  watchpoint: ['--loop', 'loop', '--boundary', 'watchpoint'],
  handler: ['--loop', 'loop', '--boundary', 'handler'],
  elsewhere: ['--loop', 'never', '--boundary', 'watchpoint'],
} as const;

async function nsPerCall(directory: string, args: readonly string[] | undefined): Promise<number> {
  const php = await PhpWindows.start('calls', WINDOW_MS);
  try {
    if (!args) return median(await php.measure(SECONDS));
    const phptrace = await PhptraceCommand.attach(php.pid, directory, args);
    try {
      return median(await php.measure(SECONDS));
    } finally {
      await phptrace.end();
    }
  } finally {
    await php.stop();
  }
}
