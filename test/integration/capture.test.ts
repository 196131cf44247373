import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { BlockTable } from '../../src/heap/blocks.js';
import { captureImage } from '../../src/heap/capture.js';
import type { CaptureOptions } from '../../src/heap/capture.js';
import { loadImage } from '../../src/heap/dump-reader.js';
import { saveImage } from '../../src/heap/dump-writer.js';
import type { MemoryImage } from '../../src/heap/image.js';
import { openTarget } from '../../src/live/target.js';
import { deriveStructures } from '../../src/php/derive-structures.js';
import { processState } from '../../src/php/process.js';
import { integration, php, root, until } from './harness.js';

// The memory of a live process, to the byte, and a process that does not notice.

const allocOnly = 'test/integration/programs/alloc-only.php';
const heap = 'test/integration/programs/heap.php';
const steady = 'test/integration/programs/steady.php';

const PAGE_BYTES = 4096;

// Kept on one CPU: the kernel writes the number of the one that a thread goes on with into the thread's memory (rseq).
integration('the image of a sleeping process is its memory, to the byte', async (t, place) => {
  const running = place.start('taskset', ['-c', firstCpu(), php, join(root, heap), '20']);
  await until(() => running.stdout.includes('ready'), 'ready');
  await until(() => processState(running.pid) === 'S', 'sleep');
  const { image, target } = capture(running.pid);
  const kinds = new Set(image.segments.map(({ kind }) => kind));
  t.deepEqual([...kinds].sort(), ['chunk', 'huge', 'memory']);
  const names = new Set(image.segments.map(({ name }) => name));
  for (const name of ['[heap]', '[stack]', target.process.fileName]) t.true(names.has(name), name);
  for (const { address, sizeBytes, offset } of image.segments) {
    const live = new Uint8Array(target.process.memory.read(address, sizeBytes).buffer);
    t.true(Buffer.from(image.buffer, offset, sizeBytes).equals(live), `0x${address.toString(16)}`);
  }
  t.is(BlockTable.walk(image).liveBytes, image.pointer(image.header.heapAddress + image.header.heap.size));
});

integration('the header tells what was copied', async (t, place) => {
  const running = await place.startReady(heap, ['4']);
  const { image, target } = capture(running.pid);
  const { header } = image;
  t.is(header.pid, running.pid);
  t.is(header.php, target.version);
  t.is(header.sapi, 'cli');
  t.regex(header.command, /heap\.php 4$/);
  t.is(header.symbols['executor_globals'], target.engine.executorGlobals);
  t.true((header.symbols['zend_ce_closure'] ?? 0) > 0);
  t.false(header.insideAllocator);
  t.is(header.threads[0]?.tid, running.pid);
  t.is(image.segmentAt(header.threads[0]?.stackPointer ?? 0)?.name, '[stack]');
  t.true(header.pauseNs > 0);
  t.false('proofs' in header.heap || 'proofs' in header.engine);
});

integration('the books of a program that does nothing but allocate are exact at each capture', async (t, place) => {
  const running = await place.startReady(allocOnly);
  const target = openTarget(running.pid);
  for (let i = 0; i < 20; i++) {
    const image = captureImage(target, structuresOf(target));
    t.false(image.header.insideAllocator);
    t.is(BlockTable.walk(image).liveBytes, image.pointer(image.header.heapAddress + image.header.heap.size));
  }
  target.process.elf.close();
  running.finish();
  t.deepEqual(await running.endedWithin(10), { code: 3, signal: null });
});

integration('captured 20 times under load, a program goes on as if nothing were', async (t, place) => {
  const running = await place.startReady(steady);
  const target = openTarget(running.pid);
  for (let i = 0; i < 20; i++) captureImage(target, structuresOf(target));
  target.process.elf.close();
  const untraced = await place.startReady(steady);
  // Time for a round of work.
  await sleep(1000);
  for (const program of [running, untraced]) program.finish();
  t.deepEqual(await running.endedWithin(20), await untraced.endedWithin(20));
  t.is(running.stdout, untraced.stdout);
  t.is(running.stderr, untraced.stderr);
});

integration(
  'what is called while the process stands finds it standing, and its failure lets it go',
  async (t, place) => {
    const running = await place.startReady(heap, ['1']);
    const states: (string | undefined)[] = [];
    capture(running.pid, { whileStopped: () => states.push(processState(running.pid)) });
    t.deepEqual(states, ['t']);
    const failure = new Error('of the caller');
    const fail = (): void => {
      throw failure;
    };
    t.is(
      t.throws(() => capture(running.pid, { whileStopped: fail })),
      failure,
    );
    t.not(processState(running.pid), 't');
  },
);

integration('memory past the cap is left out, and the header names it', async (t, place) => {
  const running = await place.startReady(heap, ['1']);
  const { image } = capture(running.pid, { maxOtherBytes: 64 * PAGE_BYTES });
  const others = image.segments.filter(({ kind }) => kind === 'memory');
  t.true(others.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= 64 * PAGE_BYTES);
  t.true(image.header.omitted.some(({ why, sizeBytes }) => /262144 bytes/.test(why) && sizeBytes > 0));
});

integration('shared memory of opcache is copied', async (t, place) => {
  const php = process.env['PHPTRACE_PHP'] ?? 'php';
  const opcache = ['-d', 'opcache.enable_cli=1', '-d', 'opcache.jit_buffer_size=0'];
  const running = place.start(php, [...opcache, heap, '1'], { cwd: new URL('../../..', import.meta.url).pathname });
  await until(() => running.stdout.includes('ready') || running.ended !== undefined, 'ready');
  const { image } = capture(running.pid);
  const shared = image.segments.filter(({ name }) => name.startsWith('/dev/zero'));
  t.true(shared.length > 0, running.stderr);
  t.true(shared.some(({ offset, sizeBytes }) => Buffer.from(image.buffer, offset, sizeBytes).includes('Item')));
});

integration(
  'a process that is killed in mid-copy is told in one line',
  async (t, place) => {
    for (const delay of ['0', '0.02', '0.05', '0.1', '0.2', '0.3']) {
      const running = await place.startReady(heap, ['60']);
      const target = openTarget(running.pid);
      place.start('sh', ['-c', `sleep ${delay}; kill -9 ${running.pid}`]);
      const error = t.throws(
        () => {
          for (;;) captureImage(target, structuresOf(target));
        },
        { instanceOf: PhptraceError },
      );
      t.regex(error.message, new RegExp(`^[^\\n]*process ${running.pid}\\b[^\\n]*$`));
      t.regex(error.message, /ended|no process|zombie/);
      target.process.elf.close();
      t.deepEqual(await running.endedWithin(5), { code: null, signal: 'SIGKILL' });
    }
  },
  { seconds: 120 },
);

integration("a process without PHP's own allocator is refused, and runs on", async (t, place) => {
  const running = await place.startReady(steady, [], { env: { USE_ZEND_ALLOC: '0' } });
  const error = t.throws(() => capture(running.pid), { instanceOf: PhptraceError });
  t.regex(error.message, /USE_ZEND_ALLOC/);
  t.not(processState(running.pid), 't');
});

integration('a captured image is saved for its owner alone and read back as it was', async (t, place) => {
  const running = await place.startReady(heap, ['8']);
  const { image } = capture(running.pid);
  const file = place.path('saved.dump');
  t.is(saveImage(image, file), statSync(file).size);
  t.is(statSync(file).mode & 0o777, 0o600);
  isSame(t, loadImage(file), image);
  saveImage(image, file);
  isSame(t, loadImage(file), image);
});

integration('a full disk is told in one line, and nothing stays there', async (t, place) => {
  const saver = new URL('../fixtures/image/save-large.js', import.meta.url).pathname;
  const directory = place.path('small');
  const script = `mkdir ${directory} && mount -t tmpfs -o size=1m none ${directory} && "$@"; ls -A ${directory} | wc -l`;
  const file = `${directory}/x.dump`;
  const program = place.start('unshare', ['-m', 'sh', '-c', script, 'sh', process.execPath, saver, file]);
  await program.endedWithin(20);
  t.is(program.stdout, `cannot write the dump ${file}: ENOSPC: make room, or name a file on another disk\n0\n`);
});

function capture(pid: number, options: CaptureOptions = {}) {
  const target = openTarget(pid);
  try {
    return { target, image: captureImage(target, structuresOf(target), options) };
  } finally {
    target.process.elf.close();
  }
}

/** The first of the CPUs that we may run on. */
function firstCpu(): string {
  const [, cpu] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if (cpu === undefined) throw new Error('/proc/self/status has no Cpus_allowed_list');
  return cpu;
}

function structuresOf({ process: { elf }, layout, globals }: ReturnType<typeof openTarget>) {
  return deriveStructures(elf, layout, (place) => globals.at(place)).structures;
}

function isSame(t: ExecutionContext, actual: MemoryImage, expected: MemoryImage): void {
  t.deepEqual(actual.header, expected.header);
  t.deepEqual(actual.segments, expected.segments);
  t.true(Buffer.from(actual.buffer).equals(Buffer.from(expected.buffer)));
}
