import { writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, until, type Workplace } from '../integration/harness.js';
import { requestScript } from './fast-cgi.js';

/** A pool of one worker. */
export interface FpmPool {
  /** The worker's pid. */
  readonly worker: number;
  /** Asks for the page once; resolves with its text. */
  request(): Promise<string>;
}

/** Starts an FPM with one worker in a test's workplace, and waits until it has answered. */
export async function startPool(place: Workplace, [command = '', ...args]: readonly string[]): Promise<FpmPool> {
  const socket = place.path('fpm.sock');
  const configuration = place.path('fpm.conf');
  writeFileSync(configuration, configurationOf(socket, place.path('fpm.log')));
  const server = place.start(command, [...args, '--nodaemonize', '--allow-to-run-as-root', '-y', configuration]);
  await until(() => existsSync(socket) || server.ended !== undefined, `the socket of FPM: ${server.stderr}`);
  const request = () => requestScript(socket, join(root, 'test/integration/programs/request.php'));
  const page = await request();
  const worker = Number(/worker (\d+), 100 rows$/.exec(page)?.[1]);
  if (!(worker > 0)) throw new Error(`FPM answered ${page}`);
  return { worker, request };
}

function configurationOf(socket: string, log: string): string {
  const pool = ['user = root', 'group = root', `listen = ${socket}`, 'pm = static', 'pm.max_children = 1'];
  return ['[global]', `error_log = ${log}`, '[www]', ...pool, ''].join('\n');
}
