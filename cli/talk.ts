import { createRequire } from 'node:module';
import type { Logger } from 'pino';
import type * as PinoModule from 'pino';
import type { Awaited, TraceObserver } from '../src/index.js';

export interface TalkOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** Whether a line that counts loops may stand on the terminal while the trace runs. */
  readonly progressLine: boolean;
}

/** All that is said on stderr while a command works; stdout is the report's alone. */
export interface Talk {
  readonly observer: TraceObserver;
  note(sentence: string): void;
  /** A text that was asked for, also with --quiet. */
  say(text: string): void;
  /** Takes the progress line away. */
  clear(): void;
}

export function openTalk(options: TalkOptions): Talk {
  const quiet = options.quiet === true;
  const logger = options.verbose === true ? openLogger() : undefined;
  // The log's lines would tear the progress line apart.
  const progress = options.progressLine && !quiet && logger === undefined ? openProgressLine() : undefined;

  const note = (sentence: string): void => {
    if (quiet) return;
    progress?.clear();
    process.stderr.write(`phptrace: ${sentence}\n`);
  };
  const observer: TraceObserver = {
    note,
    ...(logger && { debug: (message, fields) => logger.debug(fields ?? {}, message) }),
    ...(progress && { progress: progress.show }),
  };
  const say = (text: string): void => {
    progress?.clear();
    process.stderr.write(text);
  };
  return { observer, note, say, clear: () => progress?.clear() };
}

/** NDJSON on stderr, written at once: nothing may be lost when the command dies. */
function openLogger(): Logger {
  // Loaded only for who asks for details: it takes longer than many a command.
  const { pino } = createRequire(import.meta.url)('pino') as typeof PinoModule;
  const options = {
    level: 'debug',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, pino.destination({ dest: 2, sync: true }));
}

interface ProgressLine {
  readonly show: (loops: number, events: number, awaited?: Awaited) => void;
  readonly clear: () => void;
}

function openProgressLine(): ProgressLine | undefined {
  if (!process.stderr.isTTY) return undefined;
  const startedMs = performance.now();
  let shown = false;
  const clear = (): void => {
    // Back to the first column, erase to the end of the line (ECMA-48 EL).
    if (shown) process.stderr.write('\r\x1b[K');
    shown = false;
  };
  // Also where the command is left by process.exit.
  process.once('exit', clear);
  return {
    clear,
    show(loops, events, awaited) {
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      const line = `${seconds} s, ${loops} loops, ${events.toLocaleString('en-US')} events${waitingFor(awaited)}`;
      // Cut, for a line that wraps cannot be erased. A terminal of unknown width says 0.
      process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
      shown = true;
    },
  };
}

/** What the trace goes on for. */
function waitingFor(awaited: Awaited | undefined): string {
  if (awaited === undefined) return '';
  const { lines, moreLoops } = awaited;
  const undecided = lines === 0 ? '' : `${lines} ${lines === 1 ? 'line' : 'lines'} undecided, `;
  return `; ${undecided}about ${moreLoops} loops more`;
}
