import test from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { explainProc, parseMaps, readMaps } from '../../src/php/maps.js';

test('a line of maps is read with its addresses in full', (t) => {
  const line = '7ffff7dc9000-7ffff7def000 r-xp 00028000 fd:01 3145 /usr/bin/php8.2';
  t.deepEqual(parseMaps(line), [
    {
      start: 0x7fff_f7dc_9000,
      end: 0x7fff_f7de_f000,
      readable: true,
      writable: false,
      executable: true,
      shared: false,
      offset: 0x28000,
      inode: 3145,
      path: '/usr/bin/php8.2',
    },
  ]);
});

test('the kernel pads paths, and anonymous memory has none', (t) => {
  const text = [
    '55d2c1a00000-55d2c1a01000 r--p 00000000 08:01 42                         /usr/bin/php8.2',
    '55d2c2000000-55d2c2021000 rw-p 00000000 00:00 0 ',
    '7ffc1de00000-7ffc1de21000 rw-p 00000000 00:00 0                          [stack]',
    '',
  ].join('\n');
  t.deepEqual(
    parseMaps(text).map(({ path, inode, executable }) => ({ path, inode, executable })),
    [
      { path: '/usr/bin/php8.2', inode: 42, executable: false },
      { path: '', inode: 0, executable: false },
      { path: '[stack]', inode: 0, executable: false },
    ],
  );
});

test('a file that was deleted keeps the kernel’s mark, which tells it from its successor', (t) => {
  const [old, successor] = parseMaps(
    '1000-2000 r-xp 00000000 08:01 42 /usr/bin/php8.2 (deleted)\n3000-4000 r-xp 00000000 08:01 43 /usr/bin/php8.2\n',
  );
  t.is(old?.path, '/usr/bin/php8.2 (deleted)');
  t.is(successor?.path, '/usr/bin/php8.2');
});

test('spaces in a path stay as they are', (t) => {
  const path = '/srv/my  app/php 8 (deleted) copy';
  t.is(parseMaps(`1000-2000 r-xp 00000000 08:01 42          ${path}\n`)[0]?.path, path);
});

test('shared, readable, writable and executable are told apart', (t) => {
  const told = ['r-xs', 'rwxp', '--xp', 'rw-s', 'r--p', '---p'].map((permissions) => {
    const [mapped] = parseMaps(`1000-2000 ${permissions} 00000000 08:01 42 /a`);
    return [mapped?.readable, mapped?.executable, mapped?.shared];
  });
  t.deepEqual(told, [
    [true, true, true],
    [true, true, false],
    [false, true, false],
    [true, false, true],
    [true, false, false],
    [false, false, false],
  ]);
});

test('lines of another form are left out', (t) => {
  const odd = [
    'garbage',
    '1000-2000',
    '1000-2000 r-xp',
    'xyz-2000 r-xp 0 08:01 42 /a',
    '1000-2000 r-x 00000000 08:01 42 /a',
    '-',
  ];
  t.deepEqual(parseMaps(odd.join('\n')), []);
  t.is(parseMaps([...odd, '1000-2000 r-xp 00000000 08:01 42 /b', ...odd].join('\n')).length, 1);
});

test('a last line that was cut off in the middle is left out', (t) => {
  t.is(parseMaps('1000-2000 r-xp 00000000 08:01 42 /a\n3000-4000 r-xp 0000').length, 1);
});

test('the maps of this very process name its program', (t) => {
  const maps = readMaps(process.pid);
  t.true(maps.some(({ path, executable }) => executable && path === process.execPath));
  t.deepEqual(
    maps.map(({ start }) => start),
    maps.map(({ start }) => start).sort((a, b) => a - b),
  );
});

test('a process that is not there is told with the way to find the right one', (t) => {
  const error = t.throws(() => readMaps(2 ** 30), { instanceOf: PhptraceError });
  t.is(error.message, `no process ${2 ** 30}: \`phptrace ps\` lists those that run PHP`);
});

test('failures under /proc are told by what they mean; others stay what they are', (t) => {
  const failure = (code: string): Error => Object.assign(new Error(code), { code });
  t.regex(String(explainProc(failure('ESRCH'), 812)), /no process 812/);
  for (const code of ['EACCES', 'EPERM']) {
    t.regex(
      (explainProc(failure(code), 812) as Error).message,
      new RegExp(`^cannot look into process 812 \\([^)]+\\): ${code}: .*(CAP_SYS_PTRACE|user namespace)`),
    );
  }
  const foreign = failure('EMFILE');
  t.is(explainProc(foreign, 812), foreign);
});
