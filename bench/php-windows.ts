import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** What a program of bench/programs says of a stretch of its own time. */
export interface Window {
  /** When it ended, on the clock of `process.hrtime`. */
  readonly endNs: number;
  readonly nsPerTurn: number;
}

/** A PHP program that measures itself, window by window, until it is stopped. */
export class PhpWindows {
  readonly windows: Window[] = [];
  private readonly exit: Promise<unknown>;
  private rest = '';

  private constructor(private readonly child: ChildProcess) {
    this.exit = once(child, 'exit');
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.rest + text).split('\n');
      this.rest = lines.pop() ?? '';
      for (const line of lines) {
        const [endNs = NaN, nsPerTurn = NaN] = line.split(' ').map(Number);
        this.windows.push({ endNs, nsPerTurn });
      }
    });
  }

  /**
   * Starts it; PHP's own start-up is over when this returns. `php` is the beginning of the command line.
   * @throws Error where there is no php
   */
  static async start(
    program: 'pairs' | 'calls' | 'switches' | 'coroutines',
    windowMs: number,
    env: NodeJS.ProcessEnv = {},
    php: readonly string[] = [process.env['PHPTRACE_PHP'] ?? 'php'],
  ): Promise<PhpWindows> {
    const file = fileURLToPath(new URL(`../../bench/programs/${program}.php`, import.meta.url));
    // Without opcache, as php runs on the command line unless told otherwise.
    const [command = '', ...given] = php;
    const args = [...given, '-d', 'opcache.enable_cli=0', file, String(windowMs)];
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child, 'spawn');
    const started = new PhpWindows(child);
    await started.next(2);
    return started;
  }

  get pid(): number {
    return this.child.pid ?? NaN;
  }

  /** What the windows of the next `seconds` say, ns a turn. The window that has begun already is not among them. */
  async measure(seconds: number): Promise<number[]> {
    await this.next(1);
    const from = this.windows.length;
    await sleep(seconds * 1000);
    await this.next(1);
    return this.windows.slice(from).map(({ nsPerTurn }) => nsPerTurn);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  private async next(count: number): Promise<void> {
    for (const until = this.windows.length + count; this.windows.length < until; await sleep(1)) {
      if (this.child.exitCode !== null) throw new Error(`php ended with ${String(this.child.exitCode)}`);
    }
  }
}
