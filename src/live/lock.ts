import { createServer } from 'node:net';
import { PhptraceError } from '../errors.js';
import { followedThread, nameOf } from './target.js';
import type { Target } from './target.js';

/**
 * Claims a process, or the thread of it that is followed, for this tracer. The claim is an abstract socket's name
 * (unix(7)): it leaves nothing on disk and ends with this process, however that ends. Returns the release.
 *
 * @throws PhptraceError where another tracer has it
 */
export async function claim(target: Pick<Target, 'process' | 'globals'>): Promise<() => void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new PhptraceError(`${nameOf(target)} is traced by another phptrace: wait for it or end it first`)
          : error,
      );
    });
    server.listen(`\0phptrace-${String(followedThread(target))}`, resolve);
  });
  server.unref();
  return () => void server.close();
}
