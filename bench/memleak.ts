import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** bcc compiles its programs first, for a second or two. */
const ATTACH_LIMIT_MS = 30_000;

/** bcc's memleak on one process: entry and return probes on libc's malloc, an entry probe on free, a stack each. */
export class Memleak {
  private readonly exit: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcess,
    /** From the start of the command to its programs compiled: it says so then, and loads and attaches them after it. */
    readonly readyNs: number,
  ) {
    this.exit = once(child, 'exit');
  }

  /** Attaches; returns after its first report, so that all its probes are in place. @throws Error with its reason */
  static async attach(pid: number, directory: string): Promise<Memleak> {
    const headers = findHeaders(directory);
    const env = { ...process.env, PYTHONUNBUFFERED: '1', ...(headers && { BCC_KERNEL_SOURCE: headers }) };
    const begun = process.hrtime.bigint();
    const child = spawn('memleak-bpfcc', ['-p', String(pid), '1'], { env });
    const late = setTimeout(() => child.kill('SIGKILL'), ATTACH_LIMIT_MS);
    let [report, said, readyNs] = ['', '', NaN];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (report === '') readyNs = Number(process.hrtime.bigint() - begun);
      report += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    try {
      await once(child, 'spawn');
      while (!report.includes('outstanding allocations')) {
        if (child.exitCode !== null || child.killed) throw new Error(reasonIn(said));
        await sleep(5);
      }
    } finally {
      clearTimeout(late);
    }
    return new Memleak(child, readyNs);
  }

  async end(): Promise<void> {
    this.child.kill('SIGINT');
    await this.exit;
  }
}

/**
 * bcc compiles against kernel headers. Where the running kernel's are not installed, Debian's of any kernel do for
 * memleak on a process: its programs read registers and maps, nothing of the kernel's own. Debian has them in two
 * packages, bcc wants one folder: this makes it, of links. Undefined where bcc finds headers by itself, or nobody does.
 */
function findHeaders(directory: string): string | undefined {
  if (existsSync(`/lib/modules/${release()}/build`) || existsSync('/sys/kernel/kheaders.tar.xz')) return undefined;
  const packages = existsSync('/usr/src') ? readdirSync('/usr/src') : [];
  const flavour = packages
    .filter((name) => /^linux-headers-.*-amd64$/.test(name))
    .sort()
    .at(-1);
  const common = packages.find((name) => name.endsWith('-common') && flavour?.startsWith(name.replace('common', '')));
  if (flavour === undefined || common === undefined) return undefined;
  const merged = join(directory, 'kernel-headers');
  if (existsSync(merged)) return merged;
  for (const folder of ['include', 'arch/x86/include']) {
    mkdirSync(join(merged, folder), { recursive: true });
    for (const source of [common, flavour]) linkAll(join('/usr/src', source, folder), join(merged, folder));
  }
  return merged;
}

function linkAll(from: string, to: string): void {
  for (const name of readdirSync(from)) symlinkSync(join(from, name), join(to, name));
}

/** bcc's Python trace names the effect at its end; the cause stands in the compiler's first complaint. */
function reasonIn(said: string): string {
  const lines = said.trim().split('\n');
  return lines.find((line) => /kernel headers|fatal error/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
}
