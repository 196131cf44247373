import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { processState } from '../../src/php/process.js';
import { stopProcess } from '../../src/php/stopped-process.js';
import { integration, until, type Workplace } from './harness.js';
import type { Program } from './program.js';

// Whoever is stopped goes on as if nothing were, also when the one who stopped it is killed.

const heap = 'test/integration/programs/heap.php';
const signals = 'test/integration/programs/signals.php';
const steady = 'test/integration/programs/steady.php';
const stopAndHold = fileURLToPath(new URL('../fixtures/tracer/stop-and-hold.js', import.meta.url));

const STOPPED_BY_TRACER = 't';
const STOPPED_BY_JOB_CONTROL = 'T';

integration('all threads stand still, and all run on', async (t, place) => {
  const workers =
    'const { Worker } = require("worker_threads"); for (let i = 0; i < 3; i++) new Worker("let n = 0;' +
    ' setInterval(() => n++, 1)", { eval: true }); setTimeout(() => console.log("ready"), 300); ';
  const running = place.start(process.execPath, ['-e', workers]);
  await until(() => running.stdout.includes('ready'), 'threads');
  for (let i = 0; i < 20; i++) {
    const stopped = stopProcess(running.pid);
    try {
      t.true(stopped.threads.length >= 4);
      t.is(stopped.threads[0]?.tid, running.pid);
      t.deepEqual(
        threadStates(running.pid),
        stopped.threads.map(() => STOPPED_BY_TRACER),
      );
      t.true(stopped.threads.every(({ rip, rsp }) => rip > 0 && rsp > 0));
    } finally {
      const pauseNs = stopped.release();
      t.true(pauseNs > 0);
      t.is(stopped.release(), pauseNs, 'a second time changes nothing');
    }
    t.false(threadStates(running.pid).includes(STOPPED_BY_TRACER));
  }
});

integration('a tracer killed in mid-stop leaves the program running', async (t, place) => {
  const running = await place.startReady(steady);
  const tracer = await hold(place, running, 60_000);
  t.is(processState(running.pid), STOPPED_BY_TRACER);
  tracer.signal('SIGKILL');
  await tracer.endedWithin(5);
  await until(() => processState(running.pid) !== STOPPED_BY_TRACER, 'the program to go on', 2);
  running.finish();
  const untraced = await place.startReady(steady);
  untraced.finish();
  t.deepEqual(await running.endedWithin(20), await untraced.endedWithin(20));
  t.is(running.stdout, untraced.stdout);
});

integration('a program that job control has stopped stays so, and goes on when it is told', async (t, place) => {
  const running = await place.startReady(heap, ['1']);
  running.signal('SIGSTOP');
  await until(() => processState(running.pid) === STOPPED_BY_JOB_CONTROL, 'job control');
  for (let i = 0; i < 3; i++) {
    const stopped = stopProcess(running.pid);
    t.is(processState(running.pid), STOPPED_BY_TRACER);
    stopped.release();
    await until(() => processState(running.pid) === STOPPED_BY_JOB_CONTROL, 'the stop of before', 2);
  }
  running.signal('SIGCONT');
  running.finish();
  t.deepEqual(await running.endedWithin(5), { code: 0, signal: null });
});

integration('a program that is told to go on while it is held goes on afterwards', async (t, place) => {
  const running = await place.startReady(heap, ['1']);
  running.signal('SIGSTOP');
  await until(() => processState(running.pid) === STOPPED_BY_JOB_CONTROL, 'job control');
  const stopped = stopProcess(running.pid);
  running.signal('SIGCONT');
  stopped.release();
  running.finish();
  t.deepEqual(await running.endedWithin(5), { code: 0, signal: null });
});

integration('signals that come before, at and during a stop are delivered', async (t, place) => {
  const running = await place.startReady(signals);
  for (let count = 1; count <= 60; count++) {
    if (count % 2 === 0) running.signal('SIGUSR1');
    const stopped = stopProcess(running.pid);
    if (count % 2 === 1) running.signal('SIGUSR1');
    stopped.release();
    await until(() => running.stdout.includes(`signal ${count}\n`), `signal ${count}`, 5);
  }
  t.false(running.stdout.includes('signal 61'));
  running.finish();
  t.deepEqual(await running.endedWithin(5), { code: 0, signal: null });
});

integration('a program killed while it is held is gone, and its parent learns of it', async (t, place) => {
  const held = await place.startReady(heap, ['1']);
  const tracer = await hold(place, held, 500, 60_000);
  held.signal('SIGKILL');
  t.deepEqual(await held.endedWithin(3), { code: null, signal: 'SIGKILL' });
  t.is(tracer.ended, undefined, 'the tracer still lives');

  const ownChild = await place.startReady(heap, ['1']);
  const stopped = stopProcess(ownChild.pid);
  ownChild.signal('SIGKILL');
  stopped.release();
  t.deepEqual(await ownChild.endedWithin(3), { code: null, signal: 'SIGKILL' });
});

integration('a program that another traces is left to it', async (t, place) => {
  const running = await place.startReady(heap, ['1']);
  const tracer = await hold(place, running, 1500);
  refuses(t, running.pid, new RegExp(`^process ${running.pid} is being traced by process ${tracer.pid} `));
  t.is(processState(running.pid), STOPPED_BY_TRACER);
  await tracer.endedWithin(5);
  stopProcess(running.pid).release();
  running.finish();
  t.deepEqual(await running.endedWithin(5), { code: 0, signal: null });
});

integration('a zombie and a pid that nobody has are told', async (t, place) => {
  const parent = place.start('sh', ['-c', 'true & exec sleep 30']);
  await sleep(300);
  const [child = ''] = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').split(' ');
  t.is(processState(Number(child)), 'Z');
  refuses(t, Number(child), /zombie/);
  refuses(t, 2 ** 22 + 1, /^no process 4194305/);
});

/** Has another process stop a program and hold it. */
async function hold(place: Workplace, running: Program, holdMs: number, lingerMs = 0): Promise<Program> {
  const tracer = place.start(process.execPath, [stopAndHold, String(running.pid), String(holdMs), String(lingerMs)]);
  await until(() => tracer.stdout.includes('stopped') || tracer.ended !== undefined, 'the stop');
  return tracer;
}

function refuses(t: ExecutionContext, pid: number, says: RegExp): void {
  const error = t.throws(() => stopProcess(pid), { instanceOf: PhptraceError });
  t.regex(error.message, says);
  t.false(error.message.includes('\n'));
}

function threadStates(pid: number): (string | undefined)[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) => processState(Number(tid)));
}
