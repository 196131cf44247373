import test from 'ava';
import { innerPid, innermostPid } from '../../src/php/namespaces.js';

const status = (pids: string): string => `Name:\tphp\nTgid:\t4711\nNStgid:\t${pids}\nNSpid:\t${pids}\nNSpgid:\t1\t1\n`;

test('the innermost pid is the last one, where it differs from the one outside', (t) => {
  t.is(innermostPid(status('4711'), 4711), undefined);
  t.is(innermostPid(status('4711\t1'), 4711), 1);
  t.is(innermostPid(status('4711\t30\t7'), 4711), 7);
});

test('a kernel without the line, and a process that is gone, have none', (t) => {
  t.is(innermostPid('Name:\tphp\nPid:\t4711\n', 4711), undefined);
  t.is(innerPid(2 ** 30), undefined);
});
