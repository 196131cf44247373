import test from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { isFileMeant, parseHookSpec } from '../../src/live/hook-spec.js';
import type { HookSpec } from '../../src/live/hook-spec.js';

const UNDERSTOOD: Record<string, HookSpec> = {
  handle: { kind: 'function', name: 'handle' },
  _: { kind: 'function', name: '_' },
  größe: { kind: 'function', name: 'größe' },
  'App\\handle': { kind: 'function', name: 'App\\handle' },
  '\\App\\handle': { kind: 'function', name: '\\App\\handle' },
  requests: { kind: 'function', name: 'requests' },
  symbol: { kind: 'function', name: 'symbol' },
  'Worker::handle': { kind: 'method', className: 'Worker', method: 'handle' },
  '\\App\\Worker::handle': { kind: 'method', className: '\\App\\Worker', method: 'handle' },
  'Worker::__invoke': { kind: 'method', className: 'Worker', method: '__invoke' },
  'worker.php:12': { kind: 'line', file: 'worker.php', line: 12 },
  '/srv/my app/worker.php:1': { kind: 'line', file: '/srv/my app/worker.php', line: 1 },
  './worker.php:12': { kind: 'line', file: './worker.php', line: 12 },
  'a:1:2': { kind: 'line', file: 'a:1', line: 2 },
  'symbol:zend_call_function': { kind: 'symbol', name: 'zend_call_function' },
  'symbol:a.part.0': { kind: 'symbol', name: 'a.part.0' },
  request: { kind: 'request' },
  none: { kind: 'none' },
};

for (const [text, spec] of Object.entries(UNDERSTOOD)) {
  test(`--loop ${text} is a ${spec.kind}`, (t) => {
    t.deepEqual(parseHookSpec(text), spec);
  });
}

for (const text of [
  '',
  ' ',
  'a b',
  '1a',
  'Worker::',
  '::handle',
  'A::B::c',
  'worker.php',
  'worker.php:0',
  'worker.php:-1',
  'symbol:',
  'symbol:a b',
  'handle()',
  'App\\',
  '\\',
]) {
  test(`--loop '${text}' is refused with the forms there are`, (t) => {
    const error = t.throws(() => parseHookSpec(text), { instanceOf: PhptraceError });
    t.true(error.message.startsWith(`--loop ${text} is none of: function, Class::method, file.php:line`));
    t.notRegex(error.message, /\n/);
  });
}

test('a file is meant by its path or the end of it', (t) => {
  t.true(isFileMeant('/srv/app/worker.php', '/srv/app/worker.php'));
  t.true(isFileMeant('/srv/app/worker.php', 'worker.php'));
  t.true(isFileMeant('/srv/app/worker.php', './worker.php'));
  t.true(isFileMeant('/srv/app/worker.php', 'app/worker.php'));
  t.true(isFileMeant('worker.php', 'worker.php'));
});

test('a file is not meant by a part of its name, nor by another folder', (t) => {
  t.false(isFileMeant('/srv/app/my-worker.php', 'worker.php'));
  t.false(isFileMeant('/srv/app/worker.php', 'other/worker.php'));
  t.false(isFileMeant('/srv/app/worker.php.bak', 'worker.php'));
});
