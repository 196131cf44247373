import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, realpathSync, writeFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { cli, integration, parseReport, php, until, type Workplace } from './harness.js';

// phptrace with a few capabilities only. It keeps root's user id, so that it can read its own files wherever they are;
// the kernel asks for capabilities alone. The program belongs to another user, for one's own takes no CAP_SYS_PTRACE.

const OTHER_USER = 65534;
const steady = 'test/integration/programs/hooks.php';
const ALL = ['bpf', 'perfmon', 'sys_ptrace'] as const;

const KEEPS = `<?php
final class Kept { public static array $all = []; }
function handle(int $i): void { Kept::$all[] = str_repeat('x', 1000) . $i; }
for ($i = 0; $i < 20; $i++) handle($i);
`;

integration('CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE are enough to trace', async (t, place) => {
  const capabilities = await enoughToTrace(t, place);
  const running = await place.startReady(steady, [], { uid: OTHER_USER });
  const args = ['attach', '-v', String(running.pid), '--loop', 'handle', '--loops', '10', '--format', 'json'];
  const { exitCode, stdout, stderr } = await withCapabilities(place, capabilities, args);
  t.regex(stderr, /"memory outside of PHP's heap is not watched: [^"]+ grant CAP_DAC_READ_SEARCH"/);
  const report = parseReport(stdout, exitCode, stderr);
  t.is(report.verdict, 'leak', stdout);
  t.is(exitCode, 1);
  t.is(report.pid, running.pid);
  // What holds it is in pages that only their owner may ask for.
  t.deepEqual(
    report.notes.filter((note) => note.includes('CAP_')),
    [
      `what holds the memory was not looked at: cannot tell which pages process ${running.pid} of another user has: ` +
        'EACCES: run as root or grant CAP_DAC_READ_SEARCH',
    ],
  );
});

integration('they are enough to run a program and to tell what holds its memory', async (t, place) => {
  const program = place.path('keeps.php');
  writeFileSync(program, KEEPS);
  const args = ['run', '--loop', 'handle', '--loops', '10', '--format', 'json', '--', php, program];
  const { exitCode, stdout, stderr } = await withCapabilities(place, await enoughToTrace(t, place), args);
  const report = parseReport(stdout, exitCode, stderr);
  t.is(exitCode, 1, stderr);
  t.regex(report.sites[0]?.holder ?? '', /Kept::\$all/, stdout);
});

integration('CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH are enough to dump', async (t, place) => {
  const running = await place.startReady(steady, [], { uid: OTHER_USER });
  const args = ['dump', String(running.pid), '--format', 'json'];
  const { exitCode, stdout, stderr } = await withCapabilities(place, ['sys_ptrace', 'dac_read_search'], args);
  t.is(exitCode, 0, stderr);
  t.is((JSON.parse(stdout) as { process: { pid: number } }).process.pid, running.pid);
});

for (const missing of ALL) {
  integration(`without CAP_${missing.toUpperCase()} one line names it`, async (t, place) => {
    const running = await place.startReady(steady, [], { uid: OTHER_USER });
    const rest = ALL.filter((capability) => capability !== missing);
    const attach = ['attach', '--quiet', String(running.pid), '--loop', 'handle'];
    await isRefused(t, place, rest, attach, `CAP_${missing.toUpperCase()}`);
    const { exitCode, stdout } = await withCapabilities(place, rest, ['doctor']);
    t.is(exitCode, 2);
    t.regex(stdout, new RegExp(`^rights: attach, run +missing +without CAP_${missing.toUpperCase()}$`, 'm'));
    t.is(running.ended, undefined);
  });
}

integration("a dump of another user's process names what it takes", async (t, place) => {
  const running = await place.startReady(steady, [], { uid: OTHER_USER });
  const args = ['dump', String(running.pid)];
  await isRefused(t, place, ['dac_read_search'], args, 'CAP_SYS_PTRACE');
  await isRefused(t, place, ['sys_ptrace'], args, 'CAP_DAC_READ_SEARCH');
});

integration('the libraries of a process are read by name where mappings may not be followed', async (t, place) => {
  const other = place.start('sleep', ['30'], { uid: OTHER_USER });
  const { exitCode, stderr } = await withCapabilities(place, ALL, ['attach', '--quiet', String(other.pid)]);
  t.is(exitCode, 2);
  t.regex(stderr, /^phptrace: process \d+ \([^)]+\/sleep\) is not PHP[^:\n]*: no mapped file [^\n]+\n$/);
});

integration('a binary that may not be read is told, and is not taken for something else than PHP', async (t, place) => {
  const binary = place.path('php-of-others');
  copyFileSync(realpathSync(execFileSync('which', [php], { encoding: 'utf8' }).trim()), binary);
  chmodSync(binary, 0o111);
  chmodSync(place.directory, 0o755);
  const running = place.start(binary, ['-n', '-r', 'echo "ready\n"; sleep(30);'], { uid: OTHER_USER });
  await until(() => running.stdout.includes('ready') || running.ended !== undefined, 'the copy of php');
  const { exitCode, stderr } = await withCapabilities(place, ALL, ['attach', '--quiet', String(running.pid)]);
  t.is(exitCode, 2);
  t.regex(
    stderr,
    /^phptrace: cannot read [^ ]+php-of-others, which process \d+ runs, [^\n]+ grant CAP_DAC_READ_SEARCH[^\n]*\n$/,
  );
  t.is(running.ended, undefined);
});

integration('in a user namespace it is said that capabilities do not count', async (t, place) => {
  const running = await place.startReady(steady);
  const args = ['attach', '--quiet', String(running.pid), '--loop', 'handle'];
  const program = place.start('unshare', ['--user', '--map-root-user', process.execPath, cli, ...args]);
  t.is((await program.endedWithin(20)).code, 2);
  t.regex(program.stderr, /^phptrace: [^\n]*user namespace do not count: run phptrace outside of it\n$/);
});

/** The three; where doctor says that this kernel wants CAP_SYS_ADMIN too, attach has to say the same without. */
async function enoughToTrace(t: ExecutionContext, place: Workplace): Promise<readonly string[]> {
  const { stdout } = await withCapabilities(place, ALL, ['doctor']);
  if (!/^uprobes by perf +missing +[^\n]+\n +-> run as root or grant CAP_SYS_ADMIN$/m.test(stdout)) return ALL;
  const running = await place.startReady(steady);
  await isRefused(t, place, ALL, ['attach', '--quiet', String(running.pid), '--loop', 'handle'], 'CAP_SYS_ADMIN');
  return [...ALL, 'sys_admin'];
}

async function isRefused(
  t: ExecutionContext,
  place: Workplace,
  capabilities: readonly string[],
  args: readonly string[],
  named: string,
): Promise<void> {
  const { exitCode, stdout, stderr } = await withCapabilities(place, capabilities, args);
  t.is(exitCode, 2, stdout + stderr);
  t.is(stdout, '');
  t.regex(stderr, new RegExp(`^phptrace: [^\\n]+ run as root or grant ${named}\\n$`));
}

/** Runs the built phptrace with these capabilities, and no others. */
async function withCapabilities(place: Workplace, capabilities: readonly string[], args: readonly string[]) {
  const bounds = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  const command = ['--bounding-set', bounds, '--inh-caps', '-all', '--', process.execPath, cli, ...args];
  const program = place.start('setpriv', command);
  const { code } = await program.endedWithin(40);
  return { exitCode: code, stdout: program.stdout, stderr: program.stderr };
}
