import { PhpWindows } from './php-windows.js';
import { PhptraceCommand } from './phptrace-command.js';
import { duration } from './quantities.js';
import { lowerQuartile, median } from './statistics.js';
import type { Row } from './table.js';

const ROUNDS = 3;
const WINDOW_MS = 10;
const SECONDS = 0.4;

/** What a switch of fibers costs: two of them by turns, which are in no loop, and each in a loop of its own. */
export async function measureSwitchCost(directory: string, progress: (text: string) => void): Promise<Row[]> {
  const samples = { plain: [] as number[], outside: [] as number[], inLoops: [] as number[] };
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`switches of fibers, round ${String(round)} of ${String(ROUNDS)}`);
    samples.plain.push(await nsPerSwitch((php) => php.measure(SECONDS)));
    samples.outside.push(await nsPerSwitch((php) => traced(php, directory, 'never')));
    samples.inLoops.push(await nsPerSwitch((php) => traced(php, directory, 'request')));
  }
  const plain = median(samples.plain);
  return [
    { what: 'switch of fibers, untraced', measured: duration(plain) },
    { what: 'added to a switch, outside loops', measured: `+${duration(median(samples.outside) - plain)}` },
    { what: 'added to a switch, into or out of a loop', measured: `+${duration(median(samples.inLoops) - plain)}` },
  ];
}

async function nsPerSwitch(measure: (php: PhpWindows) => Promise<number[]>): Promise<number> {
  const php = await PhpWindows.start('switches', WINDOW_MS);
  try {
    return lowerQuartile(await measure(php));
  } finally {
    await php.stop();
  }
}

async function traced(php: PhpWindows, directory: string, loop: string): Promise<number[]> {
  const phptrace = await PhptraceCommand.attach(php.pid, directory, ['--loop', loop]);
  try {
    return await php.measure(SECONDS);
  } finally {
    await phptrace.end();
  }
}
