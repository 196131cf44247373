import { writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, until, type Workplace } from '../integration/workplace.js';
import { requestScript } from './fast-cgi.js';

/** A pool, of one worker where its settings do not say otherwise. */
export interface FpmPool {
  /** The master's pid. */
  readonly master: number;
  /** The pid of the worker that answered first. */
  readonly worker: number;
  /** Asks for a page once; resolves with its text. The default page tells the worker's pid. */
  readonly request: (page?: string) => Promise<string>;
}

/** Starts an FPM in a test's workplace, and waits until it has answered. */
export async function startPool(
  place: Workplace,
  [command = '', ...args]: readonly string[],
  settings: readonly string[] = ['pm.max_children = 1'],
): Promise<FpmPool> {
  const socket = place.path('fpm.sock');
  const configuration = place.path('fpm.conf');
  writeFileSync(configuration, configurationOf(socket, place.path('fpm.log'), settings));
  const server = place.start(command, [...args, '--nodaemonize', '--allow-to-run-as-root', '-y', configuration]);
  await until(() => existsSync(socket) || server.ended !== undefined, `the socket of FPM: ${server.stderr}`);
  const request = (page = 'test/integration/programs/request.php') => requestScript(socket, join(root, page));
  const page = await request();
  const worker = Number(/worker (\d+), 100 rows$/.exec(page)?.[1]);
  if (!(worker > 0)) throw new Error(`FPM answered ${page}`);
  return { master: server.pid, worker, request };
}

function configurationOf(socket: string, log: string, settings: readonly string[]): string {
  const pool = ['user = root', 'group = root', `listen = ${socket}`, 'pm = static', 'clear_env = no', ...settings];
  return ['[global]', `error_log = ${log}`, '[www]', ...pool, ''].join('\n');
}
