import test from 'ava';
import { PathTree } from '../../src/heap/path-tree.js';

/** Keys by number: `key7`. */
const tree = (): PathTree => new PathTree((key) => `key${String(key)}`);
const pathsOf = (of: PathTree): string[] => of.paths(String).map(({ path, bytes }) => `${path}: ${String(bytes)}`);

test('a way is its root and its steps, each as PHP writes it', (t) => {
  const paths = tree();
  const root = paths.root('static Foo::$bar');
  const deep = paths.variable(paths.self(paths.key(paths.property(root, 'list'), 1, 'element')), 2);
  paths.count(paths.key(deep, 3, 'property'), 64, 5);
  t.deepEqual(
    paths.paths((type) => `type ${String(type)}`),
    [
      {
        holder: 'static Foo::$bar',
        path: "static Foo::$bar → ->list → 'key1' → $this → $key2 → ->key3",
        steps: ['static Foo::$bar', '->list', "'key1'", '$this', '$key2', '->key3'],
        blocks: 1,
        bytes: 64,
        type: 'type 5',
      },
    ],
  );
});

test('elements by index are one step, and what has most memory comes first', (t) => {
  const paths = tree();
  const root = paths.root('$GLOBALS');
  for (let n = 0; n < 5; n++) paths.count(paths.element(root), 8, 1);
  paths.count(root, 320, 2);
  t.deepEqual(pathsOf(paths), ['$GLOBALS: 320', '$GLOBALS → [*]: 40']);
});

test('as many as 32 keys are names, more are data', (t) => {
  const names = tree();
  const data = tree();
  const [some, many] = [names.root('r'), data.root('r')];
  for (let key = 0; key < 32; key++) names.count(names.key(some, key, 'element'), 8, 1);
  for (let key = 0; key < 40; key++) data.count(data.key(many, key, 'element'), 8, 1);
  t.is(names.paths(String).length, 32);
  t.deepEqual(pathsOf(data), ['r → [*]: 320']);
});

test('what lies below keys that turned out to be data is one way too', (t) => {
  const paths = tree();
  const root = paths.root('r');
  for (let key = 0; key < 40; key++) paths.count(paths.property(paths.key(root, key, 'property'), 'body'), 8, 1);
  t.deepEqual(pathsOf(paths), ['r → ->* → ->body: 320']);
});

test('a chain is one way however long it is, and so is a tree', (t) => {
  const paths = tree();
  let [chain, branch] = [paths.root('list'), paths.root('tree')];
  for (let n = 0; n < 1_000_000; n++) paths.count((chain = paths.property(chain, 'next')), 8, 1);
  for (let n = 0; n < 1000; n++) paths.count((branch = paths.property(branch, n % 2 === 0 ? 'left' : 'right')), 8, 1);
  t.deepEqual(pathsOf(paths), [
    'list → ->next → …: 8000000',
    'tree → ->left → …: 4000',
    'tree → ->left → … → ->right: 4000',
  ]);
});

test('arrays within arrays are told to a depth of 8, and deeper they are a chain', (t) => {
  const paths = tree();
  let at = paths.root('r');
  for (let n = 0; n < 100_000; n++) paths.count((at = paths.element(at)), 8, 1);
  const found = paths.paths(String);
  t.is(found.length, 8);
  t.is(found[0]?.path, `r${' → [*]'.repeat(8)} → …`);
  t.is(
    found.reduce((sum, { bytes }) => sum + bytes, 0),
    800_000,
  );
});

test('the type of a way is the one that has more than half of the memory', (t) => {
  const paths = tree();
  const root = paths.root('r');
  for (const [sizeBytes, type] of [
    [100, 1],
    [300, 2],
    [100, 3],
  ] as const) {
    paths.count(root, sizeBytes, type);
  }
  t.is(paths.paths(String)[0]?.type, '2');
});

test('roots that differ by a number are one where there are many, and keep their names where not', (t) => {
  const [few, many] = [tree(), tree()];
  for (let n = 1; n <= 8; n++) few.count(few.root(`resource #${String(n)}`), 8, 1);
  for (let n = 1; n <= 9; n++) many.count(many.property(many.root(`$GLOBALS['page_${String(n)}']`), 'a'), 8, 1);
  t.is(few.paths(String).length, 8);
  t.deepEqual(pathsOf(many), ["$GLOBALS['page_*'] → ->a: 72"]);
});

test('lines are no numbers of roots', (t) => {
  const paths = tree();
  for (let line = 1; line <= 20; line++)
    paths.count(paths.root(`local $a of {closure}() at /a.php:${String(line)}`), 8, 1);
  t.is(paths.paths(String).length, 20);
});

test('other ways than those that go on and on end at a depth of 64', (t) => {
  const paths = tree();
  let at = paths.root('r');
  for (let n = 0; n < 1000; n++) paths.count((at = paths.key(at, n, 'element')), 8, 1);
  const found = paths.paths(String);
  t.is(found.length, 64);
  t.is(Math.max(...found.map(({ steps }) => steps.length)), 65);
  t.is(found[0]?.bytes, (1000 - 63) * 8);
});
