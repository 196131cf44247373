import { mkdtempSync, existsSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TraceRecord } from '../../src/trace/records.js';
import { patience } from './patience.js';
import { Program, type ProgramOptions } from './program.js';
import type { ReportJson } from './report-json.js';

/** The project's folder: three up from this file once it is compiled. */
export const root = realpathSync(fileURLToPath(new URL('../../..', import.meta.url)));

/** The phptrace that was built together with these tests. */
export const cli = fileURLToPath(new URL('../../cli/phptrace.js', import.meta.url));

/** The php that the tests trace. */
export const php = process.env['PHPTRACE_PHP'] ?? 'php';

/** What a trace has derived of a php serves the others of a run. */
const cache = join(root, 'build/test-cache');

export interface JsonRun {
  readonly report: ReportJson;
  readonly exitCode: number | null;
  readonly stderr: string;
  /** What the log holds. */
  readonly records: readonly TraceRecord[];
}

export interface PhpOptions extends ProgramOptions {
  /** What php is given before the file. */
  readonly given?: readonly string[];
}

export interface TracerOptions extends ProgramOptions {
  /** How long phptrace may take before it is killed; 40 by default. */
  readonly seconds?: number;
}

/** A directory of a test's own and the processes that it started; `close` ends those, by pid, and no others. */
export class Workplace {
  readonly directory = mkdtempSync(join(tmpdir(), 'phptrace-test-'));
  private readonly programs: Program[] = [];
  private logs = 0;

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Starts any command. Its state and temporary files go to the workplace. */
  start(command: string, args: readonly string[], options: ProgramOptions = {}): Program {
    const ours = { XDG_STATE_HOME: this.path('state'), XDG_CACHE_HOME: cache, TMPDIR: this.directory };
    const env = { ...ours, ...options.env };
    const program = new Program(command, args, { ...options, env });
    this.programs.push(program);
    return program;
  }

  /** Starts `php FILE` and waits until it printed `ready`. */
  async startReady(file: string, args: readonly string[] = [], options: PhpOptions = {}): Promise<Program> {
    const program = this.start(php, [...(options.given ?? []), join(root, file), ...args], options);
    await until(() => program.stdout.includes('ready') || program.ended !== undefined, `ready from ${file}`);
    return program;
  }

  /** Starts the built phptrace. */
  startPhptrace(args: readonly string[], options: ProgramOptions = {}): Program {
    return this.start(process.execPath, [cli, ...args], options);
  }

  /** Runs the built phptrace to its end, at most `seconds` (40). */
  async phptrace(args: readonly string[], options: TracerOptions = {}) {
    const program = this.startPhptrace(args, options);
    const ended = await program.endedWithin(options.seconds ?? 40);
    return { exitCode: ended.code, stdout: program.stdout, stderr: program.stderr };
  }

  /** Runs `phptrace attach PID --format json`, and reads its log. */
  attachJson(pid: number, args: readonly string[], options: TracerOptions = {}): Promise<JsonRun> {
    return this.json(['attach', String(pid)], args, [], options);
  }

  /** Runs `phptrace run --format json -- COMMAND`, and reads its log. */
  runJson(command: readonly string[], args: readonly string[], options: TracerOptions = {}): Promise<JsonRun> {
    return this.json(['run'], args, ['--', ...command], options);
  }

  async close(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop()));
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async json(
    verb: readonly string[],
    args: readonly string[],
    rest: readonly string[],
    options: TracerOptions,
  ): Promise<JsonRun> {
    const log = this.path(`log-${++this.logs}.ndjson`);
    const all = [...verb, '--format', 'json', '--log', log, ...args, ...rest];
    const { exitCode, stdout, stderr } = await this.phptrace(all, options);
    return { report: parseReport(stdout, exitCode, stderr), exitCode, stderr, records: readLog(log) };
  }
}

/** The report on a stdout; throws with what phptrace said where there is none. */
export function parseReport(stdout: string, exitCode: number | null, stderr: string): ReportJson {
  try {
    return JSON.parse(stdout) as ReportJson;
  } catch {
    throw new Error(`phptrace exited with ${exitCode} and no JSON report: ${stdout.slice(0, 500)}\n${stderr}`);
  }
}

/** The records of a log; a torn last line is left out, an absent log is empty. */
export function readLog(file: string): readonly TraceRecord[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as TraceRecord);
}

/** Waits until a phptrace has settled `count` loops, as its log tells; throws with what it said when it ends before. */
export async function settledLoops(tracer: Program, log: string, count = 1): Promise<void> {
  const settled = () => readLog(log).filter((record) => record.type === 'loop').length >= count;
  await until(() => settled() || tracer.ended !== undefined, `${count} settled loops in ${log}`);
  if (!settled()) throw new Error(`phptrace ended with ${tracer.ended?.code} before ${count} loops: ${tracer.stderr}`);
}

/** Waits for a condition, looking every 20 ms; throws after `usualSeconds` (20), naming what was awaited. */
export async function until(condition: () => boolean, awaited: string, usualSeconds = 20): Promise<void> {
  const seconds = usualSeconds * patience;
  for (const end = Date.now() + seconds * 1000; !condition(); await sleep(20)) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for ${awaited}`);
  }
}

/** Size of a file in bytes, 0 where there is none. */
export function fileSize(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
