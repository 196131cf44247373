import { chooseLoop } from './live/auto-loop.js';
import { claimProcess } from './live/lock.js';
import { checkHeap, openTarget } from './live/target.js';
import { trace } from './live/trace.js';
import { wantedHooks } from './live/waiting-hooks.js';
import type { TraceOptions } from './options.js';
import type { Report } from './report/model.js';

/**
 * Traces a PHP process that already runs, until enough loops are settled, time is over, `options.signal` aborts or the
 * process ends. Returns the report; the process then runs without probes.
 *
 * @throws PhptraceError where the process cannot be traced, in one line that says why and the way out
 */
export async function attach(pid: number, options: TraceOptions = {}): Promise<Report> {
  const wanted = wantedHooks(options.loops ?? []);
  const { observer } = options;
  const target = openTarget(pid, { cache: true, debug: (message) => observer?.debug?.(message) });
  try {
    checkHeap(target);
    const release = await claimProcess(pid);
    try {
      if (wanted.length === 0) {
        options.observer?.note?.('watching the stack to find the loop');
        wanted.push(await chooseLoop(target, options.signal ?? new AbortController().signal));
      }
      return await trace(target, options, { wanted, mayStop: false });
    } finally {
      release();
    }
  } finally {
    target.process.elf.close();
  }
}
