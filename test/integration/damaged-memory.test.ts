import { MemoryImage } from '../../src/heap/image.js';
import { loadImage } from '../../src/heap/dump-reader.js';
import { PhptraceError, Snapshot } from '../../src/index.js';
import { generator } from '../unit/small-graphs.js';
import { integration } from './harness.js';

// A process may have written over its own memory, and a dump may be anybody's: whatever stands in it ends in a report or
// in one line that says what is wrong. A word that leads astray must not lead the reader with it.

const ROUNDS = 60;

integration('memory with changed words in it ends in a report or in one line', async (t, place) => {
  const running = await place.startReady('test/integration/programs/held.php');
  const file = place.path('held.dump');
  const { exitCode, stderr } = await place.phptrace(['dump', String(running.pid), '--out', file]);
  t.is(exitCode, 0, stderr);
  running.finish();
  const image = loadImage(file);
  const pointers = pointersOf(image);
  t.true(pointers.length > 10_000, String(pointers.length));
  let reports = 0;
  for (let seed = 1; seed <= ROUNDS; seed++) {
    try {
      readAll(damaged(image, pointers, seed));
      reports++;
    } catch (error) {
      if (!(error instanceof PhptraceError)) return t.fail(`seed ${seed}: ${(error as Error).stack}`);
      t.false(error.message.includes('\n'), error.message);
    }
  }
  t.true(reports > 0 && reports < ROUNDS, `${reports} reports of ${ROUNDS}`);
});

/** Everything that is made of an image. */
function readAll(image: MemoryImage): void {
  const snapshot = new Snapshot(image);
  snapshot.report({ strings: true, why: 'array' });
  snapshot.pprof();
  for (const chunk of snapshot.heapSnapshot({ strings: true })) void chunk;
}

/** Words that lead into what was copied. */
function pointersOf(image: MemoryImage): number[] {
  const { words } = image;
  const found: number[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    if (words[at + 1] !== 0 && image.wordAt(words[at]!, words[at + 1]!) >= 0) found.push(at);
  }
  return found;
}

/** A copy of the image in which some words are others: pointers that lead elsewhere, lengths and counts beyond reason. */
function damaged(image: MemoryImage, pointers: readonly number[], seed: number): MemoryImage {
  const random = generator(seed);
  const buffer = image.buffer.slice(0);
  const words = new Uint32Array(buffer);
  const one = (): number => pointers[random() % pointers.length]!;
  const changes = 1 << (seed % 12);
  for (let change = 0; change < changes; change++) {
    const at = one();
    switch (random() % 4) {
      case 0:
        // As another one, or somewhere near it.
        [words[at], words[at + 1]] = pairAt(words, one());
        break;
      case 1:
        words[at] = (words[at]! + 8 * ((random() % 64) - 32)) >>> 0;
        break;
      case 2:
        // What stands around it: headers, counts, lengths.
        words[(at + (random() % 16)) % words.length] = random() % 2 === 0 ? 0xffff_ffff >>> (random() % 32) : random();
        break;
      default:
        words[(at + (random() % 16)) % words.length] = 0;
    }
  }
  return new MemoryImage(image.header, image.segments, buffer);
}

function pairAt(words: Uint32Array, at: number): [number, number] {
  return [words[at]!, words[at + 1]!];
}
