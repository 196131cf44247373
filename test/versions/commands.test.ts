import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { integration, root, until, type Workplace } from '../integration/harness.js';
import { judgeCase } from '../integration/judge-case.js';
import { markedLine, readCases, type Case } from '../integration/truth.js';
import { findFpm } from '../sapis/unpacked.js';
import { startApache, startCliServer, type Server } from '../sapis/servers.js';
import { phpBuilds } from './builds.js';
import { COMMANDS, type Leaking } from './commands.js';
import { startPool } from './fpm.js';
import { Matrix } from './matrix.js';

// Each command, on a process that leaks, in each SAPI of each PHP.

const WORKER = join(root, 'test/sapis/programs/worker.php');
const REQUEST = 'test/sapis/programs/long.php';
const DEBIAN = '8.2, Debian';

interface Php {
  readonly column: string;
  readonly minor: string;
  readonly cli: readonly string[];
  readonly fpm: readonly string[];
}

const phps: readonly Php[] = [
  ...phpBuilds().map((build) => ({ ...build, column: build.minor })),
  { column: DEBIAN, minor: '8.2', cli: ['php', '-n'], fpm: [findFpm() ?? 'php-fpm8.2', '-n'] },
];
const matrix = new Matrix(
  phps.map(({ column }) => column),
  'commands-table',
);

const NO_MODULE = 'these packages have no module for Apache';

for (const php of phps) {
  const { column } = php;

  integration(
    `PHP ${column}, command line: run`,
    async (t, place) => {
      matrix.set('cli: run', column, 'failed');
      await judgeCase(t, place, started(), php.cli);
      matrix.set('cli: run', column, 'passed');
    },
    { seconds: 60 },
  );

  integration(
    `PHP ${column}, command line: each other command`,
    async (t, place) => {
      const [command = '', ...args] = php.cli;
      const program = place.start(command, [...args, WORKER]);
      await until(() => program.stdout.includes('ready') || program.ended !== undefined, 'ready');
      await all(t, place, php, { ...worker(), pid: program.pid });
    },
    { seconds: 120 },
  );

  integration(
    `PHP ${column}, php -S: each command`,
    async (t, place) => {
      const server = await startCliServer(place, 0, php.cli);
      await whileItAnswers(server, place, server.workers()[0], (pid) => all(t, place, php, request(pid, 'cli-server')));
    },
    { seconds: 120 },
  );

  integration(
    `PHP ${column}, FPM: each command`,
    async (t, place) => {
      const pool = await startPool(place, php.fpm);
      await whileItAnswers(pool, place, pool.worker, (pid) => all(t, place, php, request(pid, 'fpm-fcgi')));
    },
    { seconds: 120 },
  );

  if (column !== DEBIAN) {
    for (const command of Object.keys(COMMANDS)) matrix.set(`Apache: ${command}`, column, { skipped: NO_MODULE });
    continue;
  }
  integration(
    `PHP ${column}, Apache: each command`,
    async (t, place) => {
      const server = await startApache(place, 1, 0);
      await whileItAnswers(server, place, server.workers()[0], (pid) =>
        all(t, place, php, request(pid, 'apache2handler')),
      );
    },
    { seconds: 120 },
  );
}

/** Every command has its row; what comes after one that failed has not run. */
async function all(t: ExecutionContext, place: Workplace, { column, minor }: Php, leaking: Leaking): Promise<void> {
  const name = { cli: 'cli', 'cli-server': 'php -S', 'fpm-fcgi': 'FPM', apache2handler: 'Apache' }[leaking.sapi] ?? '';
  for (const command of Object.keys(COMMANDS)) matrix.set(`${name}: ${command}`, column, 'failed');
  for (const [command, check] of Object.entries(COMMANDS)) {
    await check(t, place, leaking, minor);
    matrix.set(`${name}: ${command}`, column, 'passed');
  }
}

/** The request goes on until all is done. */
async function whileItAnswers(
  server: Pick<Server, 'request'>,
  place: Workplace,
  pid: number | undefined,
  look: (pid: number) => Promise<void>,
): Promise<void> {
  const answer = server.request(REQUEST);
  await look(pid ?? 0);
  writeFileSync(place.path('stop'), '');
  await answer;
}

/** A program of test/cases that leaks and is started by phptrace. */
function started(): Case {
  const found = readCases().find(({ name }) => name === 'string-growth-fast');
  if (found === undefined) throw new Error('test/cases has no string-growth-fast');
  return found;
}

function worker(): Omit<Leaking, 'pid'> {
  return { sapi: 'cli', loop: 'handle', line: markedLine(WORKER, '@leak-1'), path: 'static Store::$kept → [*]' };
}

function request(pid: number, sapi: string): Leaking {
  const line = markedLine(join(root, REQUEST), '@leak-1');
  return { pid, sapi, loop: `long.php:${line}`, line, path: "$GLOBALS['kept'] → [*]" };
}

test.after.always('the table', (t) => {
  const document = process.env['PHPTRACE_COMMANDS_TABLE'];
  if (document === undefined) process.stderr.write(`\n${matrix.render()}`);
  else matrix.writeInto(document);
  t.pass();
});
