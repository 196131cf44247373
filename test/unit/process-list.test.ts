import test from 'ava';
import { growthPerMinute } from '../../src/live/heap-gauge.js';
import { whatRuns } from '../../src/php/php-command.js';
import { containerIn } from '../../src/php/surroundings.js';
import { renderProcessList } from '../../src/report/process-list-text.js';
import type { ListedProcess } from '../../src/report/process-list.js';

const id = '3f1c'.repeat(16);

for (const [what, cgroups, container] of [
  ['Docker with systemd', `0::/system.slice/docker-${id}.scope\n`, id.slice(0, 12)],
  ['Docker with cgroup v1', `12:pids:/docker/${id}\n1:name=systemd:/docker/${id}\n`, id.slice(0, 12)],
  ['containerd in Kubernetes', `0::/kubepods.slice/pod7.slice/cri-containerd-${id}.scope\n`, id.slice(0, 12)],
  [
    'Podman, whose container has cgroups of its own',
    `0::/machine.slice/libpod-${id}.scope/container\n`,
    id.slice(0, 12),
  ],
  ['LXC', '0::/lxc.payload.shop/system.slice/php8.2-fpm.service\n', 'shop'],
  ['systemd-nspawn', '0::/machine.slice/machine-shop.scope/payload\n', 'shop'],
  ['no container', '0::/system.slice/php8.2-fpm.service\n', null],
] as const) {
  test(`the container is read from the cgroups: ${what}`, (t) => t.is(containerIn(cgroups), container));
}

for (const [argv, runs] of [
  [['php', 'worker.php', '--queue', 'mails'], 'worker.php'],
  [['/usr/bin/php8.2', '-d', 'memory_limit=1G', '-n', 'artisan', 'queue:work'], 'artisan'],
  [['php', '-d', 'a=b', '-f', 'job.php'], 'job.php'],
  [['php', '-S', '127.0.0.1:8000', '-t', 'public'], '-S 127.0.0.1:8000'],
  [['php', '-r', 'sleep(9);'], '-r sleep(9);'],
  [['php'], ''],
  [['php-fpm: pool www   ', ''], 'pool www'],
  [['php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)'], 'master'],
  [['WorkerMan: worker process  Chat tcp://0.0.0.0:2345'], 'WorkerMan: worker process  Chat tcp://0.0.0.0:2345'],
  [['/usr/sbin/apache2', '-k', 'start'], '/usr/sbin/apache2 -k start'],
] as const) {
  test(`what runs is told from the command line: ${argv.join(' ')}`, (t) => t.is(whatRuns(argv), runs));
}

test('growth is told between the lowest moments, however high a request goes in between', (t) => {
  // A request every 100 ms takes a megabyte for half of its time and leaves 100 bytes.
  const samples = Array.from({ length: 121 }, (_, at) => {
    const atMs = at * 25;
    const sizeBytes = 5_000_000 + 100 * Math.floor(atMs / 100) + (atMs % 100 < 50 ? 0 : 1_000_000);
    return { atMs, sizeBytes, realBytes: 8_388_608 };
  });
  t.is(growthPerMinute(samples), 60_000);
});

test('a single sample tells no growth', (t) => {
  t.is(growthPerMinute([{ atMs: 5, sizeBytes: 1, realBytes: 2 }]), undefined);
});

test('the list is a table in which text of a process cannot steer the terminal', (t) => {
  const fpm: ListedProcess = {
    pid: 812,
    innerPid: 7,
    thread: null,
    php: '8.2.36',
    sapi: 'fpm-fcgi',
    script: 'pool www',
    rssBytes: 41_943_040,
    heapBytes: 2_097_152,
    heapRealBytes: 4_194_304,
    growthPerMinute: -1536,
    container: id.slice(0, 12),
    unread: null,
  };
  const unread = { php: null, sapi: null, heapBytes: null, heapRealBytes: null, growthPerMinute: null };
  const other = {
    ...fpm,
    ...unread,
    pid: 40_001,
    innerPid: null,
    container: null,
    script: '\x1b[2J.php',
    unread: 'no rights',
  };
  const list = { schema: 1, processes: [fpm, other], intervalSeconds: 3, notes: ['something was not seen'] } as const;
  t.is(
    renderProcessList(list, { color: false }),
    [
      '    PID  INNER     PHP      SAPI       RSS         HEAP  GROWTH/MIN     CONTAINER  SCRIPT',
      '    812      7  8.2.36  fpm-fcgi  40.0 MiB      2.0 MiB    -1.5 KiB  3f1c3f1c3f1c  pool www',
      '  40001      -       -         -  40.0 MiB  (no rights)           -             -  \\u001b[2J.php',
      'Note: something was not seen.',
      '',
    ].join('\n'),
  );
  const threads = [other, { ...fpm, thread: 814 }, { ...fpm, thread: 815 }];
  t.is(
    renderProcessList({ ...list, processes: threads, notes: [] }, { color: false }),
    [
      '    PID  INNER  THREAD     PHP      SAPI       RSS         HEAP  GROWTH/MIN     CONTAINER  SCRIPT',
      '  40001      -       -       -         -  40.0 MiB  (no rights)           -             -  \\u001b[2J.php',
      '    812      7     814  8.2.36  fpm-fcgi  40.0 MiB      2.0 MiB    -1.5 KiB  3f1c3f1c3f1c  pool www',
      '    812      7     815  8.2.36  fpm-fcgi  40.0 MiB      2.0 MiB    -1.5 KiB  3f1c3f1c3f1c  pool www',
      '',
    ].join('\n'),
  );
  t.is(renderProcessList({ ...list, processes: [], notes: [] }, { color: false }), 'No PHP process was found.\n');
});
