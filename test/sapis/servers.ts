import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf } from '../../src/php/descendants.js';
import { root, until, type Workplace } from '../integration/harness.js';
import { startPool } from '../versions/fpm.js';
import { findFpm, libraries, unpacked } from './unpacked.js';

/** A web server with PHP in its workers. */
export interface Server {
  readonly master: number;
  /** Those that answer requests, now. */
  workers(): number[];
  /** Asks for a page of the project once; resolves with its text. */
  readonly request: (page?: string) => Promise<string>;
}

/** How each is started: with so many workers, each of which ends after so many requests (0: never). */
export type Start = (place: Workplace, workers: number, mostRequests: number) => Promise<Server>;

const PAGE = 'test/integration/programs/request.php';
/** A user whom every system has, and who owns nothing: Apache will not serve as root. */
const NOBODY = 65_534;

export const startFpm: Start = async (place, workers, mostRequests) => {
  const settings = [`pm.max_children = ${workers}`, `pm.max_requests = ${mostRequests}`];
  const { master, request } = await startPool(place, [findFpm() ?? 'php-fpm8.2', '-n'], settings);
  return { master, workers: () => childrenOf(master), request };
};

/** nginx in front of an FPM, as most sites have it; the workers are FPM's. */
export const startNginx: Start = async (place, workers, mostRequests) => {
  const fpm = await startFpm(place, workers, mostRequests);
  const own = place.path('nginx');
  mkdirSync(own);
  const port = 40_000 + (process.pid % 10_000);
  writeFileSync(join(own, 'nginx.conf'), nginxConfiguration(own, port, place.path('fpm.sock')));
  const command = join(unpacked, 'usr/sbin/nginx');
  const server = place.start(command, ['-p', own, '-e', 'error.log', '-c', 'nginx.conf']);
  const request = (page = PAGE) => fetchText(`http://127.0.0.1:${port}/${page}`);
  await until(() => existsSync(join(own, 'pid')) || server.ended !== undefined, `nginx: ${server.stderr}`);
  await answers(request);
  return { ...fpm, request };
};

export const startApache: Start = async (place, workers, mostRequests) => {
  const own = place.path('apache');
  mkdirSync(own);
  for (const folder of [place.directory, own]) chmodSync(folder, 0o777);
  const port = 20_000 + (process.pid % 10_000);
  writeFileSync(join(own, 'apache.conf'), apacheConfiguration(own, port, workers, mostRequests));
  const command = join(unpacked, 'usr/sbin/apache2');
  const args = ['-DFOREGROUND', '-f', join(own, 'apache.conf')];
  const server = place.start(command, args, { env: libraries, uid: NOBODY });
  const request = (page = PAGE) => fetchText(`http://127.0.0.1:${port}/${page}`);
  await until(() => childrenOf(server.pid).length >= workers || server.ended !== undefined, `Apache: ${server.stderr}`);
  await answers(request);
  return { master: server.pid, workers: () => childrenOf(server.pid), request };
};

/** Its workers never end, and their parent answers requests too. `php` is the command that starts a PHP. */
export const startCliServer = async (
  place: Workplace,
  workers: number,
  [command = '', ...args]: readonly string[] = ['php', '-n'],
): Promise<Server> => {
  const port = 30_000 + (process.pid % 10_000);
  const env = { PHP_CLI_SERVER_WORKERS: String(workers) };
  const server = place.start(command, [...args, '-S', `127.0.0.1:${port}`, '-t', root], { env });
  const request = (page = PAGE) => fetchText(`http://127.0.0.1:${port}/${page}`);
  await until(() => childrenOf(server.pid).length >= workers || server.ended !== undefined, `php -S: ${server.stderr}`);
  await answers(request);
  return { master: server.pid, workers: () => [server.pid, ...childrenOf(server.pid)], request };
};

async function fetchText(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(110_000), headers: { connection: 'close' } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text.slice(0, 300)}`);
  return text;
}

async function answers(request: () => Promise<string>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await request();
      return;
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function nginxConfiguration(own: string, port: number, socket: string): string {
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const parameters = {
    SCRIPT_FILENAME: '$document_root$fastcgi_script_name',
    REQUEST_METHOD: '$request_method',
    REQUEST_URI: '$request_uri',
    QUERY_STRING: '$query_string',
    CONTENT_TYPE: '$content_type',
    CONTENT_LENGTH: '$content_length',
    SERVER_PROTOCOL: '$server_protocol',
  };
  return [
    'daemon off;',
    'user root root;',
    'worker_processes 1;',
    `pid ${own}/pid;`,
    'events {}',
    'http {',
    'access_log off;',
    ...scratch.map((kind) => `${kind}_temp_path ${own}/${kind};`),
    `server { listen 127.0.0.1:${port}; root ${root}; location ~ \\.php$ {`,
    ...Object.entries(parameters).map(([name, value]) => `fastcgi_param ${name} ${value};`),
    `fastcgi_pass unix:${socket};`,
    '} } }',
    '',
  ].join('\n');
}

function apacheConfiguration(own: string, port: number, workers: number, mostRequests: number): string {
  return [
    `ServerRoot ${join(unpacked, 'usr/lib/apache2')}`,
    'ServerName 127.0.0.1',
    `Listen 127.0.0.1:${port}`,
    `PidFile ${own}/pid`,
    `ErrorLog ${own}/error.log`,
    `Mutex file:${own}`,
    'LoadModule mpm_prefork_module modules/mod_mpm_prefork.so',
    'LoadModule authz_core_module modules/mod_authz_core.so',
    'LoadModule php_module modules/libphp8.2.so',
    `DocumentRoot ${root}`,
    ...['StartServers', 'MinSpareServers', 'MaxSpareServers', 'MaxRequestWorkers'].map((name) => `${name} ${workers}`),
    `MaxConnectionsPerChild ${mostRequests}`,
    '<FilesMatch \\.php$>',
    'SetHandler application/x-httpd-php',
    '</FilesMatch>',
    '',
  ].join('\n');
}
