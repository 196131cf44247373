import { setTimeout as sleep } from 'node:timers/promises';
import { PhptraceError } from './errors.js';
import { chooseLoop } from './live/auto-loop.js';
import { launch } from './live/launch.js';
import { claim } from './live/lock.js';
import { NoLoop } from './live/session.js';
import { trace } from './live/trace.js';
import { wantedHooks } from './live/waiting-hooks.js';
import type { RunOptions } from './options.js';
import type { Report } from './report/model.js';

/** How long a program that was interrupted may take to end. */
const GRACE_MS = 5000;
/** How long the report waits for a program that is about to end, so as not to come amid what it prints. */
const LINGER_MS = 3000;
/** PHP's exit status after a fatal error, of which one that comes while it compiles (main/main.c). */
const FATAL_ERROR = 255;

/**
 * Starts a command and traces the PHP that it becomes, from its first instruction. Returns the report when enough loops
 * are settled, time is over or the program has ended; a program that lives longer goes on without probes. An aborted
 * `options.signal` ends the program too.
 *
 * @throws PhptraceError where the command does not become PHP, or cannot be traced
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Report> {
  if (argv.length === 0) throw new PhptraceError('no command to run: phptrace run [options] -- php worker.php');
  const wanted = wantedHooks(options.loops ?? []);
  const { observer, programStdout = 'inherit' } = options;
  const debug = (message: string): void => observer?.debug?.(message);
  const launched = await launch(argv, programStdout, { cache: true, debug });
  const { target } = launched;
  const over = new AbortController();
  let release: (() => void) | undefined;
  try {
    release = await claim(target);
    const { report } = await trace(target, options, {
      wanted,
      mayStop: true,
      isEndless: true,
      begin(session) {
        launched.resume();
        if (wanted.length > 0) return;
        session.awaitHook(chooseLoop(target, over.signal));
      },
      async conclude() {
        over.abort();
        launched.resume();
        const { signal } = options;
        const soon = sleep(LINGER_MS, 'later' as const, { ref: false });
        const ended = await Promise.race([launched.ended, aborted(signal), soon]);
        if (ended === 'later') return [`the program goes on as process ${String(target.process.pid)}, without probes`];
        if (ended !== undefined) return [`the program ended with ${ended}`];
        launched.terminate();
        const left = await Promise.race([launched.ended, sleep(GRACE_MS, undefined, { ref: false })]);
        if (left !== undefined) return [`the program was ended with the trace (${left})`];
        return [`the program does not heed SIGTERM and still runs as process ${String(target.process.pid)}`];
      },
    });
    return report;
  } catch (error) {
    launched.resume();
    if (error instanceof NoLoop && error.isProgramOver) {
      await explainEnd(launched.ended, wanted.length > 0 ? `${error.message}; ` : '');
    }
    launched.terminate();
    throw error;
  } finally {
    over.abort();
    release?.();
    target.process.elf.close();
  }
}

/**
 * @param missing what never came, the beginning of a sentence
 * @throws PhptraceError where the program failed, for then no loop could come
 */
async function explainEnd(ended: Promise<string>, missing: string): Promise<void> {
  const how = await Promise.race([ended, sleep(LINGER_MS, undefined, { ref: false })]);
  if (how === undefined || how === 'exit code 0') return;
  if (how !== `exit code ${String(FATAL_ERROR)}`) {
    throw new PhptraceError(
      `${missing}the program ended before any loop, with ${how}: see what it said, and run it without phptrace`,
    );
  }
  throw new PhptraceError(
    `the script ended before any loop, with the code of a PHP error (${how}): see what PHP said, and run the script without phptrace`,
  );
}

/** Resolves when the signal aborts; never without one. */
function aborted(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve(undefined);
    signal?.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
}
