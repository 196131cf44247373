import { PhptraceError } from '../errors.js';
import { readSapi } from '../php/process.js';
import { chooseLoop } from './auto-loop.js';
import { claim } from './lock.js';
import { checkHeap, openTarget } from './target.js';
import type { Target } from './target.js';
import { trace } from './trace.js';
import type { Traced } from './trace.js';
import { wantedHooks } from './waiting-hooks.js';
import type { WantedHook } from './waiting-hooks.js';
import type { TraceOptions } from '../options.js';
import type { Tracee } from '../report/named-pid.js';

/** What a trace of one process among several does otherwise than one alone. */
export interface AmongOthers {
  /** Finds the loop where none is named. */
  readonly choose: (target: Target, signal: AbortSignal) => Promise<WantedHook>;
  /** Children are traced too, each by itself. */
  readonly followsForks: boolean;
  /** Likewise other threads that run PHP. */
  readonly followsThreads: boolean;
  /** Whether another one has had its loops. */
  readonly othersAreDone: () => boolean;
  /** What the duration of all is. */
  readonly wholeSeconds?: number;
}

const ALONE: AmongOthers = {
  choose: chooseLoop,
  followsForks: false,
  followsThreads: false,
  othersAreDone: () => false,
};

/**
 * Traces a process that already runs, or one thread of it, from attach to report.
 * @throws SeveralThreads where several threads run PHP and none is named, PhptraceError where it cannot be traced, in one
 * line that says why and the way out
 */
export async function attachProcess(
  { pid, thread }: Tracee,
  options: TraceOptions,
  others: AmongOthers = ALONE,
): Promise<Traced> {
  const wanted = wantedHooks(options.loops ?? []);
  const { observer } = options;
  const { choose, ...course } = others;
  const target = openTarget(pid, { cache: true, debug: (message) => observer?.debug?.(message), thread });
  try {
    checkHeap(target);
    refuseRequests(target, wanted);
    const release = await claim(target);
    try {
      if (wanted.length === 0) {
        options.observer?.note?.('watching the stack to find the loop');
        wanted.push(await choose(target, options.signal ?? new AbortController().signal));
      }
      return await trace(target, options, { ...course, wanted, mayStop: false });
    } finally {
      release();
    }
  } finally {
    target.process.elf.close();
  }
}

/** PHP's command line has one request, its whole life. */
function refuseRequests({ process }: Target, wanted: readonly WantedHook[]): void {
  if (!wanted.some(({ spec }) => spec?.kind === 'request') || readSapi(process) !== 'cli') return;
  throw new PhptraceError(
    `--loop request is a request of a web server's PHP, and process ${String(process.pid)} is PHP's command line: ` +
      "name a function of it (one that is called request is --loop '\\request')",
  );
}
