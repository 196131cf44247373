import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EndRecord } from '../src/trace/records.js';

/** Linux counts CPU time for user space in hundredths of a second (USER_HZ). */
const NS_PER_TICK = 10_000_000;
/** The last record of a log is shorter. */
const TAIL_BYTES = 65536;
let logs = 0;

/** `phptrace attach` as its users run it, in a process of its own. */
export class PhptraceCommand {
  private readonly exit: Promise<unknown>;
  private interrupted = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly log: string,
    /** From the start of the command to its probes in place. */
    readonly attachNs: number,
  ) {
    this.exit = once(child, 'exit');
  }

  /** Attaches; the probes and the hook are in place when this returns. @throws Error with what phptrace said */
  static async attach(pid: number, directory: string, args: readonly string[]): Promise<PhptraceCommand> {
    const cli = fileURLToPath(new URL('../cli/phptrace.js', import.meta.url));
    const log = join(directory, `log-${String(++logs)}.ndjson`);
    const limits = ['--loops', '100000000', '--duration', '100s', '--log', log, '--output', `${log}.report`];
    const begun = process.hrtime.bigint();
    const child = spawn(process.execPath, [cli, 'attach', String(pid), ...limits, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    while (!said.includes('loop: ')) {
      if (child.exitCode !== null) throw new Error(`phptrace did not attach: ${said.trim()}`);
      await sleep(1);
    }
    return new PhptraceCommand(child, log, Number(process.hrtime.bigint() - begun));
  }

  /** CPU time that it took so far, in ns. */
  cpuNs(): number {
    const stat = readFileSync(`/proc/${String(this.child.pid)}/stat`, 'utf8');
    // proc(5): utime and stime are fields 14 and 15; the name in field 2 may have spaces and ends with `)`.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * NS_PER_TICK;
  }

  /** Sends it what Ctrl-C does. Returns when that was, on the clock of `process.hrtime`. */
  interrupt(): number {
    const now = Number(process.hrtime.bigint());
    this.interrupted = true;
    this.child.kill('SIGINT');
    return now;
  }

  /** Ends it and returns the last record of its log. */
  async end(): Promise<EndRecord> {
    // Where it was interrupted already, a second signal would cut its report short.
    if (!this.interrupted) this.interrupt();
    await this.exit;
    return JSON.parse(lastLine(this.log)) as EndRecord;
  }
}

/** Many loops make a log of gigabytes, so only its end is read. */
function lastLine(file: string): string {
  const fd = openSync(file, 'r');
  try {
    const end = Buffer.alloc(TAIL_BYTES);
    const length = readSync(fd, end, 0, TAIL_BYTES, Math.max(0, fstatSync(fd).size - TAIL_BYTES));
    return end.toString('utf8', 0, length).trimEnd().split('\n').at(-1) ?? '';
  } finally {
    closeSync(fd);
  }
}
