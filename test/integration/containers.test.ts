import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { cli, integration, parseReport, settledLoops, until, type Workplace } from './harness.js';
import type { Program } from './program.js';

// A worker in namespaces of its own, on an overlay of this machine's files. /app/worker.php is there only.

const WORKER = `<?php
final class Kept { public static array $all = []; }
function handle(int $i): void {
    Kept::$all[] = str_repeat('x', 1000) . $i;
}
echo "ready\\n";
$end = microtime(true) + ($argv[1] ?? 60);
for ($i = 0; microtime(true) < $end && !file_exists(__DIR__ . '/stop'); $i++) {
    handle($i);
    usleep(2000);
}
`;

/** Makes the root of a container below $1, as container engines do: an overlay whose lower layer is the machine's root. */
const MAKE_ROOT = `set -e
mount --make-rprivate /
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root" "$1/upper/app" "$1/upper/old"
cp "$1.php" "$1/upper/app/worker.php"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount --rbind /dev "$1/root/dev"
`;

const PIVOT = `${MAKE_ROOT}
mount -t proc proc "$1/root/proc"
cd "$1/root" && pivot_root . old && umount -l /old
exec php /app/worker.php
`;

/** A root that was changed by chroot alone, and users of its own in it. */
const CHROOT = `${MAKE_ROOT}
exec unshare --user --map-root-user --pid --fork --mount --root="$1/root" php /app/worker.php
`;

/** What `runc spec` leaves open: a worker as user 33 on an overlay of the machine's root, with namespaces of its own. */
const RUNC_SPEC = {
  ociVersion: '1.0.2',
  root: { path: 'root' },
  process: { cwd: '/', args: ['php', '/app/worker.php'], env: ['PATH=/usr/bin:/bin'], user: { uid: 33, gid: 33 } },
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs' },
  ],
  linux: { namespaces: ['mount', 'pid', 'network', 'ipc', 'uts'].map((type) => ({ type })) },
};

const RUNC = `${MAKE_ROOT}
umount -l "$1/root/dev"
cp "$1.json" "$1/config.json"
chmod 755 "$1" "$1/root"
exec runc --root "$1/state" run --bundle "$1" "phptrace-test-$$"
`;

for (const [kind, script, namespaces] of [
  ['a pivoted root, mount and pid namespaces', PIVOT, ['--mount', '--pid', '--fork']],
  ['a changed root, mount, pid and user namespaces', CHROOT, ['--mount']],
  ['runc', RUNC, ['--mount']],
] as const) {
  integration(
    `in a container (${kind}) lines, files and holders are as inside, and both pids are told`,
    async (t, place) => {
      const pid = await startContained(t, place, [...namespaces, 'sh', '-c', script]);
      for (const links of ['auto', 'perf']) {
        const args = ['--loop', 'handle', '--loops', '10', '--links', links];
        isAsInside(t, pid, await place.attachJson(pid, args));
      }
      const text = await place.phptrace(['analyze', place.path('log-1.ndjson')]);
      t.regex(text.stdout, new RegExp(`^pid ${pid} \\(1 in its container\\), PHP `, 'm'));
      const dump = await place.phptrace(['dump', String(pid), '--format', 'json']);
      t.like(JSON.parse(dump.stdout), { process: { pid, innerPid: 1, command: 'php /app/worker.php' } });
      const doctor = await place.phptrace(['doctor', String(pid)]);
      t.regex(doctor.stdout, new RegExp(`^pid +ok +${pid}, 1 in its container$`, 'm'));
    },
  );
}

integration(
  'phptrace in a pid namespace of its own traces what it sees there, and hears what becomes of it',
  async (t, place) => {
    writeFileSync(place.path('root.php'), `${WORKER}pcntl_exec('/bin/sleep', ['20']);\n`);
    const log = place.path('inside.ndjson');
    const start = `php "$2" >"$2.out" & until grep -q ready "$2.out"; do sleep 0.1; done; echo $! >&2`;
    const script = `${start}; "$0" "$1" attach $! --loop handle --loops 100000 --format json --log "$3"`;
    const inside = ['--mount', '--pid', '--fork', '--mount-proc', 'sh', '-c', script];
    const tracer = place.start('unshare', [...inside, process.execPath, cli, place.path('root.php'), log]);
    await settledLoops(tracer, log, 10);
    writeFileSync(place.path('stop'), '');
    const { code } = await tracer.endedWithin(40);
    const report = parseReport(tracer.stdout, code, tracer.stderr);
    t.is(report.pid, Number(/^\d+$/m.exec(tracer.stderr)?.[0]));
    t.true(report.pid < 50, "the pid is the namespace's");
    t.is(report.verdict, 'leak', tracer.stdout);
    // Only the kernel programs hear of it, for which the process has another pid.
    t.regex(readFileSync(log, 'utf8'), /"reason":"the process executed another program"/);
  },
);

integration('phptrace in a pid namespace of its own runs a program from its first instruction', async (t, place) => {
  writeFileSync(place.path('root.php'), WORKER);
  const inside = ['--mount', '--pid', '--fork', '--mount-proc', process.execPath, cli];
  const args = ['run', '--loop', 'handle', '--format', 'json', '--', 'php', place.path('root.php'), '1'];
  const tracer = place.start('unshare', [...inside, ...args]);
  const { code } = await tracer.endedWithin(40);
  t.is(parseReport(tracer.stdout, code, tracer.stderr).verdict, 'leak', tracer.stderr);
});

/** Starts the worker by `unshare` and returns the pid that php has on this machine. */
async function startContained(t: ExecutionContext, place: Workplace, args: readonly string[]): Promise<number> {
  const base = place.path('root');
  mkdirSync(base);
  writeFileSync(`${base}.php`, WORKER);
  writeFileSync(`${base}.json`, JSON.stringify(RUNC_SPEC));
  const started = place.start('unshare', [...args, 'sh', base]);
  await until(() => started.stdout.includes('ready') || started.ended !== undefined, 'the contained worker');
  if (started.ended !== undefined) throw new Error(`the container did not start: ${started.stderr}`);
  const pid = innermost(started);
  t.teardown(() => {
    // A container engine gives it a session of its own, out of reach of whoever ends the engine.
    if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
  });
  return pid;
}

/** The only descendant that has none itself. */
function innermost({ pid }: Program): number {
  let at = pid;
  for (let child: number | undefined = at; child !== undefined; child = childOf(at)) at = child;
  return at;
}

function childOf(pid: number): number | undefined {
  const list = readdirSync(`/proc/${pid}/task`).map((tid) => `/proc/${pid}/task/${tid}/children`);
  const children = list
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, 'utf8').match(/\d+/g) ?? []);
  return children.map(Number)[0];
}

function isAsInside(
  t: ExecutionContext,
  pid: number,
  { report, exitCode, stderr }: Awaited<ReturnType<Workplace['attachJson']>>,
): void {
  t.is(exitCode, 1, stderr);
  t.like(report, { pid, innerPid: 1, verdict: 'leak' });
  t.is(report.accounting.accounted, 1);
  t.deepEqual(
    report.sites
      .filter(({ verdict }) => verdict === 'leak')
      .map(({ file, line, function: name }) => `${file}:${line} ${name}`),
    ['/app/worker.php:4 handle'],
  );
  t.regex(report.sites[0]?.holder ?? '', /Kept::\$all/);
}
