import { swooleBuild } from '../test/versions/builds.js';
import { PhpWindows } from './php-windows.js';
import { PhptraceCommand } from './phptrace-command.js';
import { duration } from './quantities.js';
import { lowerQuartile, median } from './statistics.js';
import type { Row } from './table.js';

const ROUNDS = 3;
const WINDOW_MS = 10;
const SECONDS = 0.4;

/** Starts a program in which two of a kind go on by turns. */
type Start = () => Promise<PhpWindows>;

/**
 * What a switch of fibers costs, and one of Swoole's coroutines: two of them by turns, which are in no loop, and each in
 * a loop of its own.
 */
export async function measureSwitchCost(directory: string, progress: (text: string) => void): Promise<Row[]> {
  const fibers = await measure('fibers', () => PhpWindows.start('switches', WINDOW_MS), directory, progress);
  const php = swoole();
  if (php === undefined) {
    progress('switches of coroutines are left out: there is no PHP with Swoole: run `make php-versions`');
    return fibers;
  }
  const start: Start = () => PhpWindows.start('coroutines', WINDOW_MS, {}, php);
  return [...fibers, ...(await measure('coroutines', start, directory, progress))];
}

/** Undefined where it is not installed. */
function swoole(): readonly string[] | undefined {
  try {
    return swooleBuild();
  } catch {
    return undefined;
  }
}

async function measure(
  what: 'fibers' | 'coroutines',
  start: Start,
  directory: string,
  progress: (text: string) => void,
): Promise<Row[]> {
  const samples = { plain: [] as number[], outside: [] as number[], inLoops: [] as number[] };
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`switches of ${what}, round ${String(round)} of ${String(ROUNDS)}`);
    samples.plain.push(await nsPerSwitch(start, (php) => php.measure(SECONDS)));
    samples.outside.push(await nsPerSwitch(start, (php) => traced(php, directory, 'never')));
    samples.inLoops.push(await nsPerSwitch(start, (php) => traced(php, directory, 'request')));
  }
  const plain = median(samples.plain);
  return [
    { what: `switch of ${what}, untraced`, measured: duration(plain) },
    { what: `added to a switch of ${what}, outside loops`, measured: `+${duration(median(samples.outside) - plain)}` },
    {
      what: `added to a switch of ${what}, into or out of a loop`,
      measured: `+${duration(median(samples.inLoops) - plain)}`,
    },
  ];
}

async function nsPerSwitch(start: Start, measure: (php: PhpWindows) => Promise<number[]>): Promise<number> {
  const php = await start();
  try {
    return lowerQuartile(await measure(php));
  } finally {
    await php.stop();
  }
}

async function traced(php: PhpWindows, directory: string, loop: string): Promise<number[]> {
  // A function of the command line's PHP: `request` alone would be a web server's.
  const phptrace = await PhptraceCommand.attach(php.pid, directory, ['--loop', `\\${loop}`]);
  try {
    return await php.measure(SECONDS);
  } finally {
    await phptrace.end();
  }
}
