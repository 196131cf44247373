import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { integration, parseReport, root, type Workplace } from './harness.js';

// The package as a user gets it: packed here, installed into an empty folder, used without the checkout and its tools.

const hooks = 'test/integration/programs/hooks.php';

const CONSUMER = `import { attach } from 'phptrace';
import type { Report, TraceOptions } from 'phptrace';

const options: TraceOptions = { loops: ['handle'], maxLoops: 10 };
const report: Report = await attach(Number(process.argv[2]), options);
const lines: string[] = report.sites.filter((site) => site.verdict === 'leak').map((site) => \`\${site.file}:\${site.line}\`);
console.log(JSON.stringify(lines));
`;

integration(
  'the package holds what runs and what is read, and installs and traces where there is no compiler',
  async (t, place) => {
    const folder = await install(t, place);
    // The types are looked at: a program that misuses them does not compile, one that does not is run below.
    writeFileSync(join(folder, 'consumer.ts'), CONSUMER);
    writeFileSync(join(folder, 'misuse.ts'), CONSUMER.replace('maxLoops: 10', "maxLoops: 'ten'"));
    t.regex(
      await compile(place, folder, ['consumer.ts', 'misuse.ts']),
      /^misuse\.ts\(\d+,\d+\): error TS2322: [^\n]+\n$/,
    );

    const running = await place.startReady(hooks);
    const bin = join(folder, 'node_modules/.bin/phptrace');
    const args = ['attach', String(running.pid), '--loop', 'handle', '--loops', '10', '--format', 'json'];
    const tracer = place.start(bin, args, { cwd: folder, env: { PATH: pathWithNodeAlone(place) } });
    const { code } = await tracer.endedWithin(40);
    const report = parseReport(tracer.stdout, code, tracer.stderr);
    t.is(report.verdict, 'leak', tracer.stdout);
    t.is(code, 1);
    const consumer = place.start(process.execPath, ['consumer.js', String(running.pid)], { cwd: folder });
    t.is((await consumer.endedWithin(40)).code, 0, consumer.stderr);
    t.deepEqual(JSON.parse(consumer.stdout), [`${report.sites[0]?.file}:${report.sites[0]?.line}`]);
  },
  { seconds: 170 },
);

integration('where libbpf is missing one line says how to get it', async (t, place) => {
  const running = await place.startReady(hooks);
  const libraries = execFileSync('ldconfig', ['-p'], { encoding: 'utf8' });
  const library = /libbpf\.so\.1 .*=> (\S+)/.exec(libraries)?.[1] ?? '';
  const script = `mount --bind /dev/null ${library} && exec "$@"`;
  const command = [process.execPath, join(root, 'build/cli/phptrace.js'), 'attach', '--quiet', String(running.pid)];
  const program = place.start('unshare', ['-m', 'sh', '-c', script, 'sh', ...command, '--loop', 'handle']);
  t.is((await program.endedWithin(20)).code, 2);
  t.regex(program.stderr, /^phptrace: cannot load libbpf\.so\.1[^\n]*: apt-get install libbpf1\n$/);
});

/** Packs the project and installs it into an empty folder, scripts ignored. Returns the folder. */
async function install(t: ExecutionContext, place: Workplace): Promise<string> {
  await npm(place, root, ['pack', '--pack-destination', place.directory]);
  const archive = readdirSync(place.directory).find((name) => name.endsWith('.tgz')) ?? '';
  const listed = execFileSync('tar', ['-tzf', place.path(archive)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const files = listed.map((name) => name.replace(/^package\//, ''));
  for (const file of [
    'LICENSE',
    'README.md',
    'docs/how-it-works.md',
    'build/probes/trace.bpf.o',
    'build/src/index.d.ts',
  ])
    t.true(files.includes(file), file);
  const strays = files.filter((file) => /(^|\/)(test|bench)\/|\.map$|(?<!\.d)\.ts$|\.bpf\.[ch]$/.test(file));
  t.deepEqual(strays, []);
  for (const link of readFileSync(join(root, 'README.md'), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g))
    t.true(files.includes(link[1] ?? ''), `the README speaks of ${link[1]}`);

  const folder = place.path('empty');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await npm(place, folder, ['install', ...quiet, place.path(archive)]);
  return folder;
}

async function npm(place: Workplace, cwd: string, args: readonly string[]): Promise<void> {
  const program = place.start('npm', args, { cwd });
  const { code } = await program.endedWithin(80);
  if (code !== 0) throw new Error(`npm ${args.join(' ')}: ${program.stdout}${program.stderr}`);
}

/** A PATH with node and nothing else: no clang, no make, no php. */
function pathWithNodeAlone(place: Workplace): string {
  mkdirSync(place.path('bin'));
  symlinkSync(process.execPath, place.path('bin/node'));
  return place.path('bin');
}

/** Returns what the compiler has against the files. */
async function compile(place: Workplace, folder: string, files: readonly string[]): Promise<string> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
  const types = ['--typeRoots', join(root, 'node_modules/@types')];
  const program = place.start(process.execPath, [tsc, ...options, ...types, ...files], { cwd: folder });
  await program.endedWithin(100);
  return program.stdout;
}
