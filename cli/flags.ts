import { Option } from 'commander';
import type { Command } from 'commander';
import type { TraceOptions } from '../src/index.js';
import { parseDuration, parseLoopName, parseLoops, parseRingSize, parseWarmup } from './quantities.js';

/** Flags of every command that gives a report. */
export interface ReportFlags {
  readonly format: 'text' | 'json';
  readonly output?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Flags of the commands that trace, as commander hands them over. */
export interface TraceFlags extends ReportFlags {
  readonly loop?: readonly string[];
  readonly warmup?: number;
  readonly loops?: number | 'auto';
  /** Seconds. */
  readonly duration?: number;
  readonly log?: string;
  /** False for --no-snapshot. */
  readonly snapshot: boolean;
  /** Bytes. */
  readonly ring?: number;
  readonly links?: NonNullable<TraceOptions['links']>;
  readonly boundary?: NonNullable<TraceOptions['boundary']>;
}

export function addReportFlags(command: Command): Command {
  return command
    .addOption(new Option('--format <format>', 'form of the report').choices(['text', 'json']).default('text'))
    .option('--output <file>', 'write the report to a file instead of stdout')
    .option('-q, --quiet', 'no notes and no progress on stderr')
    .option('-v, --verbose', 'tell on stderr what happens, and details of errors');
}

export function addTraceFlags(command: Command): Command {
  command
    .option(
      '--loop <name>',
      'what a loop is: foo, Class::method, file.php:line, symbol:NAME, request or none; may be repeated (default: found by watching the stack)',
      (name: string, before: readonly string[] | undefined) => [...(before ?? []), parseLoopName(name)],
    )
    .option('--warmup <n>', 'loops at the start that are not judged (default: 3)', parseWarmup)
    .option(
      '--loops <n>',
      'end after so many loops, told or not; auto (default): when it is told of every line whether it leaks',
      parseLoops,
    )
    .option(
      '--duration <time>',
      'end after this time: 60s, 2m, 500ms; a number alone is seconds (default: 60s; with --loops auto up to 5m while lines are not decided)',
      parseDuration,
    )
    .option(
      '--log <file>',
      'keep the log in this file, in place of an earlier log (default: a new one in the state directory)',
    )
    .option('--no-snapshot', 'do not look what holds the memory: spares the process a stop of some milliseconds')
    .option('--ring <size>', 'size of the event buffer: 64M (default: 64M)', parseRingSize)
    .addOption(new Option('--links <kind>', 'how probes are linked').choices(['auto', 'multi', 'perf']).hideHelp())
    .addOption(
      new Option('--boundary <kind>', 'how loops are noticed').choices(['auto', 'watchpoint', 'handler']).hideHelp(),
    );
  return addReportFlags(command);
}

/** The library's options for what the user gave; what was not given is left to the library's defaults. */
export function toTraceOptions(flags: TraceFlags): TraceOptions {
  return {
    ...(flags.loop !== undefined && { loops: flags.loop }),
    ...(flags.warmup !== undefined && { warmup: flags.warmup }),
    ...(flags.loops !== undefined && { maxLoops: flags.loops }),
    ...(flags.duration !== undefined && { durationSeconds: flags.duration }),
    snapshot: flags.snapshot,
    ...(flags.log !== undefined && { logFile: flags.log }),
    ...(flags.ring !== undefined && { ringBytes: flags.ring }),
    ...(flags.links !== undefined && { links: flags.links }),
    ...(flags.boundary !== undefined && { boundary: flags.boundary }),
  };
}
