import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Runs `work` beside a php whose heap has so many MB (bench/programs/heap.php). @throws Error where php ends meanwhile */
export async function withHeap<T>(megabytes: number, work: (pid: number) => Promise<T>): Promise<T> {
  const file = fileURLToPath(new URL('../../bench/programs/heap.php', import.meta.url));
  const php = spawn(process.env['PHPTRACE_PHP'] ?? 'php', [file, String(megabytes)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(php, 'exit').then(([code, signal]) => {
    throw new Error(`php ended with ${String(code ?? signal)} while its memory was looked at`);
  });
  ended.catch(() => {});
  try {
    await Promise.race([once(createInterface(php.stdout), 'line'), ended]);
    if (php.pid === undefined) throw new Error('php did not start');
    return await Promise.race([work(php.pid), ended]);
  } finally {
    php.kill('SIGKILL');
  }
}
