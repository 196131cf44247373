import test from 'ava';
import { LowPoints } from '../../src/leaks/low-points.js';
import { judgeOutside, outsideLacking } from '../../src/leaks/outside.js';
import type { OutsidePoint } from '../../src/leaks/outside.js';
import { randomFrom } from './random.js';

const PAGE = 4096;
const MB = 1024 * 1024;

/** Memory in bytes after so many loops, and what it has mapped where that is not as much and a bit. */
interface Kind {
  readonly bytes: (loop: number, random: () => number) => number;
  readonly mapped?: (loop: number) => number;
}

test('a leak of malloc is told with its bytes a loop, whatever comes and goes within loops', (t) => {
  const judged = judgeOutside(points({ bytes: (loop, random) => 3000 * loop + (random() < 0.6 ? 4 * MB : 0) }));
  t.true(judged?.grows);
  t.true(Math.abs(judged!.bytesPerLoop - 3000) < 60, String(judged?.bytesPerLoop));
});

test('too few loops, or too few looks at them, tell nothing', (t) => {
  t.is(judgeOutside([]), undefined);
  t.is(judgeOutside(points({ bytes: (loop) => 1e6 * loop }, 20, 20)), undefined);
  t.is(judgeOutside(points({ bytes: (loop) => 3000 * loop }, 1000, 10)), undefined);
  t.not(judgeOutside(points({ bytes: (loop) => 3000 * loop }, 1000, 40)), undefined);
});

test('less than a megabyte may be what an allocator keeps', (t) => {
  t.false(judgeOutside(points({ bytes: (loop) => 900 * loop }))?.grows);
  t.true(judgeOutside(points({ bytes: (loop) => 1600 * loop }))?.grows);
});

test('memory that was mapped before and is touched for the first time does not count', (t) => {
  const bytes = (loop: number): number => 10_000 * loop;
  t.false(judgeOutside(points({ bytes, mapped: () => 64 * MB }))?.grows);
  t.true(judgeOutside(points({ bytes }))?.grows);
});

test('how often growth is seen where there is none, and the other way round', (t) => {
  const innocent: Record<string, Kind> = {
    rests: { bytes: () => 5 * MB },
    'comes and goes': { bytes: (_, random) => random() * 20 * MB },
    'is filled within the window, at random': { bytes: (loop) => 20 * MB * (1 - Math.exp(-loop / 300)) },
    'is filled more slowly, at random': { bytes: (loop) => 40 * MB * (1 - Math.exp(-loop / 1000)) },
    'is full after half of the window': { bytes: (loop) => 20_000 * Math.min(loop, 500) },
    'is full after most of the window': { bytes: (loop) => 20_000 * Math.min(loop, 850) },
    'grows with the logarithm': { bytes: (loop) => 5 * MB * Math.log(loop) },
    'is loaded in two steps': { bytes: (loop) => (loop > 300 ? 8 * MB : 0) + (loop > 700 ? 8 * MB : 0) },
    'goes up and down in waves': { bytes: (loop) => 10 * MB * (1 + Math.sin(loop / 40)) },
    falls: { bytes: (loop) => 20 * MB - 10_000 * loop },
  };
  const guilty: Record<string, Kind> = {
    'leaks evenly': { bytes: (loop) => 4000 * loop },
    'leaks in one loop of ten': { bytes: (loop) => 40_000 * Math.floor(loop / 10) },
    'leaks under what comes and goes': {
      bytes: (loop, random) => 4000 * loop + (random() < 0.5 ? random() * 10 * MB : 0),
    },
    'leaks faster and faster': { bytes: (loop) => 8 * loop ** 2 },
    'leaks after a warm-up': { bytes: (loop) => 4000 * loop + 5 * MB * (1 - Math.exp(-loop / 20)) },
  };
  const told = Object.entries({ ...innocent, ...guilty }).map(([name, kind]) => `${name}: ${seen(kind)}`);
  t.log(`growth outside of the heap is seen, of ${RUNS}: ${told.join('; ')}`);
  for (const [name, kind] of Object.entries(innocent)) t.true(seen(kind) <= 1, `${name}: ${seen(kind)} of ${RUNS}`);
  for (const [name, kind] of Object.entries(guilty))
    t.true(seen(kind) >= 0.85 * RUNS, `${name}: ${seen(kind)} of ${RUNS}`);
});

test('a trace that may end when all is told goes on until growth is told from what rests', (t) => {
  const growing: Kind = { bytes: (loop) => 10_000 * loop };
  t.true(outsideLacking(points(growing, 100, 10)) > 0);
  t.is(outsideLacking(points(growing, 1000)), 0);
  t.is(outsideLacking(points({ bytes: () => 5 * MB }, 100, 10)), 0);
  t.is(outsideLacking(points({ bytes: (loop) => (loop > 100 ? 4 * MB : 0) })), 0);
  const slow = outsideLacking(points({ bytes: (loop) => 600 * loop }));
  t.true(slow > 900 && slow < 1500, String(slow));
});

test('a series of any length stays small, and keeps the least of what it drops', (t) => {
  const series = new LowPoints<OutsidePoint>(({ residentBytes }) => residentBytes);
  for (let n = 1; n <= 100_000; n++) {
    const residentBytes = n % 7 === 0 ? 20 * n : 20 * n + MB;
    series.add({ loop: n, residentBytes, mappedBytes: residentBytes });
  }
  const kept = series.after(0);
  t.true(kept.length <= 256 && kept.length > 100);
  t.true(kept.slice(0, -1).every(({ loop, residentBytes }) => residentBytes === 20 * loop));
  t.true(kept.every(({ loop }, i) => i === 0 || loop > kept[i - 1]!.loop));
  t.true(series.after(50_000).every(({ loop }) => loop > 50_000));
  t.true(judgeOutside(kept)?.grows);
});

const RUNS = 300;

/** In how many of RUNS growth is seen. */
function seen(kind: Kind): number {
  let count = 0;
  for (let seed = 1; seed <= RUNS; seed++) if (judgeOutside(points(kind, 1000, 60, seed))?.grows === true) count++;
  return count;
}

/** Samples of so many loops, at intervals that vary as those of a process that runs. */
function points(kind: Kind, loops = 1000, samples = 60, seed = 1): OutsidePoint[] {
  const random = randomFrom(seed);
  const list: OutsidePoint[] = [];
  for (let n = 0; n < samples; n++) {
    const loop = Math.max((list.at(-1)?.loop ?? 0) + 1, Math.round(((n + random()) * loops) / samples));
    const bytes = kind.bytes(loop, random);
    const residentBytes = Math.round((3 * MB + bytes + random() * 8 * PAGE) / PAGE) * PAGE;
    const mappedBytes = Math.ceil((kind.mapped?.(loop) ?? residentBytes) / (33 * PAGE)) * 33 * PAGE;
    list.push({ loop, residentBytes, mappedBytes });
  }
  return list;
}
