import { setTimeout as sleep } from 'node:timers/promises';
import { PhptraceError } from './errors.js';
import { isInUserNamespace, missingCapabilities } from './native/capabilities.js';
import { PhpFinder } from './live/php-finder.js';
import type { FoundPhp } from './live/php-finder.js';
import type { ListOptions } from './options.js';
import { whatRuns } from './php/php-command.js';
import { surroundingsOf } from './php/surroundings.js';
import type { ListedProcess, ProcessList } from './report/process-list.js';

const INTERVAL_SECONDS = 3;
/** Short against a request, so that the moments between requests are met. */
const SAMPLE_MS = 25;

/**
 * Lists every PHP process that this user can see, with the size of its heap and how fast that grew while it was looked
 * at. No process is stopped. A PHP that cannot be read is in the list with the reason.
 */
export async function listProcesses(options: ListOptions = {}): Promise<ProcessList> {
  const { intervalSeconds = INTERVAL_SECONDS, observer } = options;
  const finder = new PhpFinder({ cache: true, debug: (message) => observer?.debug?.(message) });
  try {
    const found = finder.find();
    if (found.some(({ gauge }) => gauge)) await watch(found, intervalSeconds);
    return {
      schema: 1,
      processes: found.flatMap((php) => listed(php) ?? []),
      intervalSeconds,
      notes: unseen(finder, observer),
    };
  } finally {
    finder.close();
  }
}

async function watch(found: readonly FoundPhp[], seconds: number): Promise<void> {
  const started = performance.now();
  const end = started + seconds * 1000;
  for (let now = started; ; now = performance.now()) {
    for (const { gauge } of found) {
      try {
        gauge?.sample(now);
      } catch (error) {
        // It has ended: what was seen of it stands, if its row still does.
        if (!(error instanceof PhptraceError)) throw error;
      }
    }
    if (now >= end) return;
    await sleep(Math.min(SAMPLE_MS, end - now));
  }
}

/** Undefined for a process that has ended meanwhile. */
function listed({ pid, thread, argv, version, sapi, gauge, unread }: FoundPhp): ListedProcess | undefined {
  try {
    const { innerPid, container, rssBytes } = surroundingsOf(pid);
    return {
      pid,
      innerPid,
      thread: thread ?? null,
      php: version ?? null,
      sapi: sapi ?? null,
      script: whatRuns(argv),
      rssBytes,
      heapBytes: gauge?.last?.sizeBytes ?? null,
      heapRealBytes: gauge?.last?.realBytes ?? null,
      growthPerMinute: gauge?.growthPerMinute ?? null,
      container,
      unread: unread ?? null,
    };
  } catch {
    return undefined;
  }
}

/** Sentences about what could not be looked into. A process that even root may not see is hardly PHP: `-v` tells of it. */
function unseen({ forbidden: count, forbiddenWhy }: PhpFinder, observer: ListOptions['observer']): string[] {
  if (count === 0) return [];
  if (process.geteuid?.() !== 0) {
    const processes = count === 1 ? '1 process' : `${String(count)} processes`;
    return [`${processes} could not be looked into for want of rights: run as root to see all`];
  }
  const why = `${forbiddenWhy}${count === 1 ? '' : ` (and ${String(count - 1)} more)`}`;
  if (missingCapabilities(['CAP_SYS_PTRACE']).length > 0 || isInUserNamespace()) return [why];
  observer?.debug?.(why);
  return [];
}
