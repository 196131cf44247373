import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { integration, parseReport, php, root } from './harness.js';
import type { Workplace } from './harness.js';

// What the README tells a user to type is typed here, on a worker like the one that it speaks of.

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const worker = 'test/integration/programs/app-worker.php';
const build = fileURLToPath(new URL('../..', import.meta.url));

/** The lines of the README's blocks of one language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text ?? '');
}

const commands = blocks('sh')
  .flatMap((block) => block.split('\n'))
  .filter((line) => /^(sudo )?phptrace /.test(line))
  // Takes a thread-safe PHP: test/builds/threads.test.ts.
  .filter((line) => !line.includes(' --thread '));

/** A command of the README as arguments: without sudo and quotes, with these workers in place of those it names. */
function toArguments(command: string, pids: readonly number[]): string[] {
  const words = command.replace(/^(sudo )?phptrace /, '').match(/'[^']*'|\S+/g) ?? [];
  const meant = new Map([
    ...pids.map((pid, at): [string, string] => [String(4242 + at), String(pid)]),
    ['php', php],
    ['worker.php', join(root, worker)],
  ]);
  return words.map((word) => word.replace(/^'(.*)'$/, '$1')).map((word) => meant.get(word) ?? word);
}

/** A folder with the log `trace.ndjson` of a short trace. */
async function folderWithLog(place: Workplace, pid: number): Promise<string> {
  const log = place.path('trace.ndjson');
  await place.attachJson(pid, ['--loop', 'handle', '--loops', '10', '--log', log]);
  return log;
}

integration(
  'every phptrace command of the README does what is said of it',
  async (t, place) => {
    const pids: number[] = [];
    while (pids.length < 3) pids.push((await place.startReady(worker, ['60000'])).pid);
    await folderWithLog(place, pids[0] ?? 0);
    t.true(commands.length >= 4, readme);
    for (const command of commands) {
      const args = toArguments(command, pids);
      // A program that is run is waited for: here it ends by itself.
      const bounded = args[0] === 'run' ? [...args, '150'] : args;
      const { exitCode, stdout, stderr } = await place.phptrace(bounded, { cwd: place.directory });
      const expected = ['doctor', 'clean', 'dump', 'diff', 'ps'].includes(args[0] ?? '') ? 0 : 1;
      t.is(exitCode, expected, `${command}\n${stdout}\n${stderr}`);
      if (args.includes('json')) t.is(parseReport(stdout, exitCode, stderr).verdict, 'leak', command);
      else if (expected === 1) t.true(stdout.includes('LEAK: 1 line keeps'), `${command}\n${stdout}`);
    }
  },
  { seconds: 240 },
);

integration('the program of the README prints the leaking line', async (t, place) => {
  const running = await place.startReady(worker);
  const [source = ''] = blocks('ts');
  // The package as it is installed: its package.json beside what was built.
  const installed = place.path('node_modules/phptrace');
  mkdirSync(dirname(installed), { recursive: true });
  mkdirSync(installed);
  copyFileSync(join(root, 'package.json'), join(installed, 'package.json'));
  symlinkSync(build, join(installed, 'build'));
  writeFileSync(place.path('program.mjs'), source.replace('4242', String(running.pid)));
  const program = place.start(process.execPath, [place.path('program.mjs')], { cwd: place.directory });
  const { code } = await program.endedWithin(40);
  t.is(code, 0, program.stderr);
  t.regex(program.stdout, /app-worker\.php:12 keeps 1\d{3}(\.\d+)? bytes a loop\n/);
});
