import { setTimeout as sleep } from 'node:timers/promises';
import { Memleak } from './memleak.js';
import { PhpWindows } from './php-windows.js';
import type { Window } from './php-windows.js';
import { PhptraceCommand } from './phptrace-command.js';
import { duration, ratio } from './quantities.js';
import { median } from './statistics.js';
import type { Row } from './table.js';

const ROUNDS = { multi: 5, perf: 3 } as const;
type Links = keyof typeof ROUNDS;
/** Short against the goal; a batch of probed pairs takes about 1 ms. */
const WINDOW_MS = 2;
const GOAL_NS = 100e6;
const ATTACH_GOAL_NS = 300e6;
const GIVE_UP_MS = 20_000;
/** Full speed: so many windows in a row of which none takes more than half as long again as before the trace. */
const WINDOWS_IN_A_ROW = 3;
const TOLERANCE = 1.5;

interface Change {
  readonly attachNs: number;
  readonly detachNs: number;
}

/** How long it takes from the command to probes in place, and from Ctrl-C to the program's full speed. */
export async function measureDetachTime(directory: string, progress: (text: string) => void): Promise<Row[]> {
  const changes: Record<Links, Change[]> = { multi: [], perf: [] };
  for (const links of ['multi', 'perf'] as const) {
    for (let round = 1; round <= ROUNDS[links]; round++) {
      progress(`detach of ${links} links, round ${String(round)} of ${String(ROUNDS[links])}`);
      changes[links].push(await attachAndDetach(directory, links));
    }
  }
  progress('attach of memleak-bpfcc');
  const peer = await memleakReady(directory);
  return [...rows('uprobe_multi', changes.multi, peer), ...rows('perf links', changes.perf)];
}

/** ns from the command to its programs compiled, or why it cannot be told. */
async function memleakReady(directory: string): Promise<number | string> {
  const php = await PhpWindows.start('pairs', WINDOW_MS);
  try {
    const memleak = await Memleak.attach(php.pid, directory);
    await memleak.end();
    return memleak.readyNs;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await php.stop();
  }
}

async function attachAndDetach(directory: string, links: Links): Promise<Change> {
  const php = await PhpWindows.start('pairs', WINDOW_MS);
  try {
    const plainNs = median(await php.measure(0.3));
    const phptrace = await PhptraceCommand.attach(php.pid, directory, ['--loop', 'pairs', '--links', links]);
    try {
      await php.measure(0.5);
      const fromNs = phptrace.interrupt();
      return { attachNs: phptrace.attachNs, detachNs: await fullSpeed(php.windows, fromNs, plainNs) };
    } finally {
      await php.stop();
      await phptrace.end();
    }
  } finally {
    await php.stop();
  }
}

/** ns from a moment to the start of the first window at full speed. */
async function fullSpeed(windows: readonly Window[], fromNs: number, plainNs: number): Promise<number> {
  for (const giveUp = performance.now() + GIVE_UP_MS; performance.now() < giveUp; await sleep(5)) {
    const begin = windows.findIndex(
      ({ endNs }, place) =>
        endNs > fromNs &&
        place + WINDOWS_IN_A_ROW <= windows.length &&
        windows.slice(place, place + WINDOWS_IN_A_ROW).every(({ nsPerTurn }) => nsPerTurn <= TOLERANCE * plainNs),
    );
    if (begin > 0) return Math.max(0, (windows[begin - 1]?.endNs ?? NaN) - fromNs);
  }
  return Infinity;
}

function rows(links: string, changes: readonly Change[], peer?: number | string): Row[] {
  const attached = median(changes.map(({ attachNs }) => attachNs));
  const detaches = changes.map(({ detachNs }) => detachNs);
  const worst = Math.max(...detaches);
  return [
    {
      what: `from the command to probes in place, ${links}`,
      measured: duration(attached),
      ...(peer === undefined
        ? {}
        : { peer: `memleak-bpfcc, to compiled programs: ${typeof peer === 'number' ? duration(peer) : peer}` }),
      ...(typeof peer === 'number' ? { ratio: ratio(attached, peer) } : {}),
      goal: `at most ${duration(ATTACH_GOAL_NS)}`,
      reached: attached <= ATTACH_GOAL_NS,
    },
    {
      what: `from Ctrl-C to full speed, ${links}`,
      measured: `${duration(median(detaches))}, at worst ${duration(worst)}`,
      goal: `at most ${duration(GOAL_NS)}`,
      reached: worst <= GOAL_NS,
    },
  ];
}
