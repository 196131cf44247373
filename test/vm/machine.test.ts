import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli, integration, root } from '../integration/harness.js';

// The machine that vagrant/provision.sh makes, as `vagrant up` leaves it. It runs in the machine of `make test-vm`.

const worker = join(root, 'examples/leaky-worker.php');

integration('provisioned once more, the machine is as before and its worker runs', (t) => {
  const provisioned = spawnSync('/vagrant/vagrant/provision.sh', { encoding: 'utf8' });
  t.is(provisioned.status, 0, provisioned.stdout + provisioned.stderr);
  t.is(execFileSync('systemctl', ['is-active', 'phptrace-worker'], { encoding: 'utf8' }), 'active\n');
  return Promise.resolve();
});

integration('what `vagrant ssh -c` is to show is shown: the report of the worker', async (t, place) => {
  const marked = readFileSync(worker, 'utf8')
    .split('\n')
    .flatMap((line, i) => (line.includes('// leaks: ') ? [i + 1] : []));
  const shell = place.start('sh', ['-c', 'sudo phptrace attach $(pidof -s php)']);
  const { code } = await shell.endedWithin(120);
  t.is(code, 1, shell.stdout + shell.stderr);
  for (const line of marked) t.true(shell.stdout.includes(`\n${worker}:${String(line)} in `), shell.stdout);
});

integration('doctor tells what this kernel lacks, and what is done instead', async (t, place) => {
  const { exitCode, stdout } = await place.phptrace(['doctor']);
  t.is(exitCode, 0, stdout);
  t.regex(stdout, /^kernel +ok +linux 6\.1\./m);
  t.regex(stdout, /^uprobe_multi +without +none\n +-> not needed: perf links do the same, slower to attach$/m);
  t.regex(stdout, /^uprobes by perf +ok +the kernel allows them$/m);
  t.regex(stdout, /^BPF programs +ok /m);
  t.regex(stdout, /^watchpoints +ok +hardware breakpoints$/m);
  t.regex(stdout, /\nphptrace can trace here\.\n$/);
});

integration('doctor tells what this kernel keeps from CAP_PERFMON, and what gives it', async (t, place) => {
  const capabilities = ['--bounding-set=-all,+bpf,+perfmon,+sys_ptrace', '--inh-caps=-all'];
  const asked = async (): Promise<string> => {
    const program = place.start('setpriv', [...capabilities, process.execPath, cli, 'doctor']);
    t.is((await program.endedWithin(20)).code, 2, program.stderr);
    return program.stdout;
  };
  const strict = await asked();
  t.regex(strict, /^uprobes by perf +missing +perf_event_open\(uprobe\) failed: EACCES\n +-> .* CAP_SYS_ADMIN$/m);
  t.regex(strict, /^watchpoints +without +.*: EACCES\n +-> not needed: .*; sysctl kernel\.perf_event_paranoid=2 /m);
  t.regex(strict, /\nphptrace cannot trace here: missing uprobes by perf\.\n$/);
  execFileSync('sysctl', ['-q', 'kernel.perf_event_paranoid=2']);
  t.teardown(() => execFileSync('sysctl', ['-q', 'kernel.perf_event_paranoid=3']));
  t.regex(await asked(), /^watchpoints +ok +hardware breakpoints$/m);
});
