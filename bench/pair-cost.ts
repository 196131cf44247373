import { Memleak } from './memleak.js';
import { PhpWindows } from './php-windows.js';
import { PhptraceCommand } from './phptrace-command.js';
import { duration, figures, rate, ratio } from './quantities.js';
import { lowerQuartile, median } from './statistics.js';
import type { Row } from './table.js';

const ROUNDS = 5;
const WINDOW_MS = 20;
const PLAIN_SECONDS = 0.5;
const TRACED_SECONDS = 1;
/** memleak reports each second, so longer than one. */
const MEMLEAK_SECONDS = 1.5;
/** Has PHP take each block from libc's malloc, which is what memleak probes. */
const BY_MALLOC = { USE_ZEND_ALLOC: '0' };

/** ns a pair, one value a round. */
interface Samples {
  readonly plain: number[];
  readonly outside: number[];
  readonly inLoop: number[];
  readonly plainMalloc: number[];
  readonly memleak: number[];
}

/** What reached phptrace, in all traced rounds together, and what that took of its time. */
interface Traffic {
  events: number;
  dropped: number;
  cpuNs: number;
  ns: number;
}

/** What an allocation and a free cost: without a tracer, under phptrace, under bcc's memleak. Rounds interleave. */
export async function measurePairCost(directory: string, progress: (text: string) => void): Promise<Row[]> {
  const samples: Samples = { plain: [], outside: [], inLoop: [], plainMalloc: [], memleak: [] };
  const traffic: Traffic = { events: 0, dropped: 0, cpuNs: 0, ns: 0 };
  let noMemleak: string | undefined;
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`alloc+free pairs, round ${String(round)} of ${String(ROUNDS)}`);
    await ofProgram(samples.plain, {}, (php) => php.measure(PLAIN_SECONDS));
    await ofProgram(samples.outside, {}, (php) => traced(php, directory, 'never', traffic));
    await ofProgram(samples.inLoop, {}, (php) => traced(php, directory, 'pairs', traffic));
    if (noMemleak !== undefined) continue;
    await ofProgram(samples.plainMalloc, BY_MALLOC, (php) => php.measure(PLAIN_SECONDS));
    try {
      await ofProgram(samples.memleak, BY_MALLOC, (php) => underMemleak(php, directory));
    } catch (error) {
      noMemleak = String(error instanceof Error ? error.message : error);
    }
  }
  return [...costRows(samples, noMemleak), trafficRow(samples, traffic)];
}

/** One round, in a fresh process. */
async function ofProgram(
  samples: number[],
  env: NodeJS.ProcessEnv,
  measure: (php: PhpWindows) => Promise<number[]>,
): Promise<void> {
  const php = await PhpWindows.start('pairs', WINDOW_MS, env);
  try {
    samples.push(lowerQuartile(await measure(php)));
  } finally {
    await php.stop();
  }
}

async function traced(php: PhpWindows, directory: string, loop: string, traffic: Traffic): Promise<number[]> {
  const phptrace = await PhptraceCommand.attach(php.pid, directory, ['--loop', loop]);
  const [begun, cpuNs] = [process.hrtime.bigint(), phptrace.cpuNs()];
  try {
    const windows = await php.measure(TRACED_SECONDS);
    traffic.cpuNs += phptrace.cpuNs() - cpuNs;
    traffic.ns += Number(process.hrtime.bigint() - begun);
    return windows;
  } finally {
    const { counters } = await phptrace.end();
    traffic.events += counters.events;
    traffic.dropped += counters.droppedEvents;
  }
}

async function underMemleak(php: PhpWindows, directory: string): Promise<number[]> {
  const memleak = await Memleak.attach(php.pid, directory);
  try {
    return await php.measure(MEMLEAK_SECONDS);
  } finally {
    // With the process gone its probes come off in a moment, else one after the other.
    await php.stop();
    await memleak.end();
  }
}

function costRows(samples: Samples, noMemleak: string | undefined): Row[] {
  const [plain, plainMalloc] = [median(samples.plain), median(samples.plainMalloc)];
  const peers = median(samples.memleak) - plainMalloc;
  const added = (what: string, ns: number): Row => {
    const row = { what, measured: `+${duration(ns)}`, goal: 'at most 1/6' };
    if (noMemleak !== undefined) return { ...row, peer: `memleak-bpfcc did not run: ${noMemleak}` };
    return { ...row, peer: `memleak-bpfcc: +${duration(peers)}`, ratio: ratio(ns, peers), reached: ns <= peers / 6 };
  };
  return [
    { what: 'alloc+free pair, untraced', measured: duration(plain), peer: `malloc+free: ${duration(plainMalloc)}` },
    added('added to a pair, outside loops', median(samples.outside) - plain),
    added('added to a pair, inside a loop', median(samples.inLoop) - plain),
  ];
}

/** PHP does nothing but pairs here: no program sends more. */
function trafficRow(samples: Samples, { events, dropped, cpuNs, ns }: Traffic): Row {
  return {
    what: 'events PHP sends at most',
    measured: `${rate(2, median(samples.inLoop))}, ${figures((100 * cpuNs) / ns)} % of a core of Node`,
    peer: `lost: ${String(dropped)} of ${figures(events / 1e6)}M`,
    goal: '0 lost',
    reached: dropped === 0,
  };
}
