import { spawn, type ChildProcess } from 'node:child_process';
import { patience } from './patience.js';

export interface ProgramOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** User and group to run as. */
  readonly uid?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that a test started: its output as it comes, its end, and the ways to bring that about. */
export class Program {
  stdout = '';
  stderr = '';
  /** How it ended; undefined while it runs. */
  ended: Ended | undefined;
  private readonly child: ChildProcess;
  private readonly end: Promise<Ended>;

  constructor(
    private readonly command: string,
    private readonly args: readonly string[],
    options: ProgramOptions,
  ) {
    const owner = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
    const place = options.cwd === undefined ? {} : { cwd: options.cwd };
    const env = { ...process.env, ...options.env };
    this.child = spawn(command, args, { ...owner, ...place, env, detached: true });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // A program that ended while we write to it is no fault of the test's.
    this.child.stdin?.on('error', () => {});
    this.end = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => resolve((this.ended = { code, signal })));
    });
    this.end.catch(() => {});
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.command} did not start`);
    return this.child.pid;
  }

  /** Closes its stdin: the programs of the tests take that for the word to finish. */
  finish(): void {
    this.child.stdin?.end();
  }

  /** Writes to its stdin. */
  say(text: string): void {
    this.child.stdin?.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** How it ended; after so many seconds it is killed and the promise rejects with what it had said. */
  async endedWithin(usualSeconds: number): Promise<Ended> {
    const seconds = usualSeconds * patience;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.kill();
    }, seconds * 1000);
    const ended = await this.end.finally(() => clearTimeout(timer));
    if (late) {
      const call = [this.command, ...this.args].join(' ');
      throw new Error(
        `not done within ${seconds} s: ${call}\n${this.stdout.slice(-1000)}\n${this.stderr.slice(-2000)}`,
      );
    }
    return ended;
  }

  /** Ends it if it still runs, at once. */
  async stop(): Promise<void> {
    if (this.ended === undefined) this.kill();
    await this.end.catch(() => {});
  }

  /** With what it started: it leads a process group of its own. */
  private kill(): void {
    process.kill(-this.pid, 'SIGKILL');
  }
}
