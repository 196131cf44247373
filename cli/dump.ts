import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { PhptraceError, checkDumpFile, diff, openDump, snapshot } from '../src/index.js';
import type { Snapshot, SnapshotTotals } from '../src/index.js';
import { dumpFile, renderDiff, renderSnapshot, saveTo } from './dump-output.js';
import type { DumpFlags } from './dump-output.js';
import { parseDuration, parsePid, parsePositiveCount, parseThread } from './quantities.js';
import { checkOutput, writeResult } from './report-output.js';
import { openTalk } from './talk.js';
import type { Talk } from './talk.js';

export function addDumpCommand(program: Command): void {
  addDumpFlags(program.command('dump'))
    .description('tell what is alive in a PHP process and what holds it')
    .argument('<pid|file>', 'process whose memory to copy, or a copy that --out saved')
    .option('--out <file>', 'save the copy, to be looked at elsewhere: `phptrace dump FILE`')
    .addOption(new Option('--format <format>', 'form of the report').choices(FORMATS).default('text'))
    .option('--why <what>', 'what holds the instances of a class or type, or the block at an address (0x7f…)')
    .option('--strings', 'show contents of strings, too (default: length and hash; keys and names always show)')
    .option('--thread <tid>', 'which thread, of a process that runs PHP in several', parseThread)
    .option('--count <n>', 'take so many (default: 1, with --diff 2)', parsePositiveCount)
    .option(
      '--every <time>',
      'time between two of them: 10s, 2m; a number alone is seconds (default: 10s)',
      parseDuration,
    )
    .option('--diff', 'report what changed from the first to the last instead')
    .addHelpText(
      'after',
      '\nThe process stands still while its memory is copied, 10 to 50 ms for each 10 MB, and goes on in any case.' +
        '\nExit codes: 0 done, 2 failed.' +
        '\n\nExamples:\n  sudo phptrace dump 4242' +
        '\n  sudo phptrace dump 4242 --out heap.dump\n  phptrace dump heap.dump --why App\\\\User' +
        '\n  sudo phptrace dump 4242 --every 10s --count 2 --diff',
    )
    .action(async (of: string, flags: DumpFlags) => dump(of, checkFlags(of, flags)));
}

const FORMATS = ['text', 'json', 'heapsnapshot', 'pprof'] as const;

/** Those that `dump` and `diff` share. */
export function addDumpFlags(command: Command): Command {
  return command
    .option('--top <n>', 'entries of each list', parsePositiveCount, 20)
    .option('--output <file>', 'write the report to a file instead of stdout')
    .option('-q, --quiet', 'no notes on stderr')
    .option('-v, --verbose', 'tell on stderr what happens, and details of errors');
}

/** @throws PhptraceError for flags that do not go together */
function checkFlags(of: string, flags: DumpFlags): DumpFlags {
  const isText = flags.format === 'text' || flags.format === 'json';
  const several = (flags.count ?? 1) > 1 || flags.diff === true || flags.every !== undefined;
  if (!isPid(of) && (several || flags.out !== undefined)) {
    throw new PhptraceError(
      `${of} is a saved copy: --out, --every, --count and --diff need a pid; two copies are compared by \`phptrace diff\``,
    );
  }
  if (!isPid(of) && flags.thread !== undefined) {
    throw new PhptraceError(`${of} is a saved copy, of one thread: --thread needs a pid`);
  }
  if (several && !isText)
    throw new PhptraceError(`--format ${flags.format} is of one copy: leave --every, --count and --diff out`);
  if (flags.diff === true && flags.count === 1)
    throw new PhptraceError('--diff compares two copies or more: give --count 2');
  if (flags.diff === true && flags.why !== undefined) throw new PhptraceError('--why is of one copy: leave --diff out');
  if (flags.why !== undefined && !isText)
    throw new PhptraceError(`--why is answered as text or json, not as ${flags.format}`);
  if (flags.format === 'pprof' && flags.output === undefined && process.stdout.isTTY) {
    throw new PhptraceError('a pprof profile is no text: name a file by --output');
  }
  return { ...flags, count: flags.count ?? (several ? 2 : 1) };
}

function isPid(of: string): boolean {
  return /^\d+$/.test(of);
}

async function dump(of: string, flags: DumpFlags): Promise<void> {
  checkOutput(flags.output);
  const talk = openTalk({ ...flags, progressLine: false });
  if (!isPid(of)) return writeResult(renderSnapshot(await openDump(of), flags), flags.output);
  const pid = pidOf(of);
  const { count = 1 } = flags;
  let first: SnapshotTotals | undefined;
  for (let number = 1; number <= count; number++) {
    if (number > 1) await sleep((flags.every ?? 10) * 1000);
    const taken = await takeAndSave(pid, number, flags, talk);
    if (flags.diff !== true) await writeResult(renderSnapshot(taken, flags), flags.output, { append: number > 1 });
    // The copy itself goes before the next one comes.
    else if (first === undefined) first = taken.totals();
    else if (number === count) await writeResult(renderDiff(diff(first, taken), flags), flags.output);
  }
}

function pidOf(text: string): number {
  try {
    return parsePid(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new PhptraceError(`there is no process ${text}: ${error.message}`);
  }
}

async function takeAndSave(pid: number, number: number, flags: DumpFlags, talk: Talk): Promise<Snapshot> {
  const file = flags.out === undefined ? undefined : dumpFile(flags.out, flags.count === 1 ? undefined : number);
  // First: the process is not stopped for a copy that cannot be kept.
  if (file !== undefined) checkDumpFile(file);
  const taken = await snapshot(pid, {
    observer: talk.observer,
    ...(flags.thread !== undefined && { thread: flags.thread }),
  });
  if (file !== undefined) talk.note(saveTo(taken, file));
  return taken;
}
