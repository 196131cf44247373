import test from 'ava';
import { commonPaths, pilingPath } from '../../src/heap/common-path.js';
import { pathText } from '../../src/heap/path-steps.js';

function texts(...ways: string[][]): string[] {
  const paths = ways.map(([holder = '', ...steps]) => ({ holder, steps: steps.map((text) => ({ text })), bytes: 8 }));
  return commonPaths(paths).map(pathText);
}

test('a linked list is one way, however long it is', (t) => {
  const list = (length: number): string[] => ['static Log::$first', ...Array<string>(length).fill('->next')];
  t.deepEqual(texts(list(3), list(40)), ['static Log::$first → ->next → …']);
});

test('closures that each hold the next one are one way', (t) => {
  const handlers = (length: number): string[] => [
    "$GLOBALS['stack']",
    '->cached',
    ...Array<string>(length).fill('$next'),
  ];
  t.deepEqual(texts(handlers(3), handlers(25)), ["$GLOBALS['stack'] → ->cached → $next → …"]);
  const pairs = ["$GLOBALS['stack']", ...Array<string[]>(4).fill(['$next', '->handler']).flat()];
  t.deepEqual(texts(pairs), ["$GLOBALS['stack'] → $next → ->handler → …"]);
});

test('elements within elements are told one by one', (t) => {
  t.deepEqual(texts(['static Grid::$cells', '[0]', '[0]', '[0]']), ['static Grid::$cells → [0] → [0] → [0]']);
});

test('what piles up is what comes from many loops, and of that the largest', (t) => {
  const [table, element, name] = [['->done'], ['->done', '[*]'], ['->done', '[*]', '->name']];
  const way = (steps: string[], bytes: number, loop: number) => {
    return { holder: 'static Log::$log', steps: steps.map((text) => ({ text })), bytes, loop };
  };
  const loops = Array.from({ length: 10 }, (_, loop) => [way(element, 56, loop), way(name, 32, loop)]).flat();
  t.is(pathText(pilingPath([way(table, 4096, 3), ...loops])!), 'static Log::$log → ->done → [*]');
  t.is(pathText(pilingPath([way(table, 4096, 3)])!), 'static Log::$log → ->done');
  t.is(pilingPath([]), undefined);
});

test('which of the ways a common one stands for is told', (t) => {
  const way = (holder: string, key: number) => ({ holder, steps: [{ text: `[${key}]`, wildcard: '[*]' }], bytes: 64 });
  const common = commonPaths([way('static Log::$jobs', 1), way('static Log::$log', 1), way('static Log::$log', 2)]);
  t.deepEqual(
    common.map((path) => [pathText(path), path.ways]),
    [
      ['static Log::$log → [*]', [1, 2]],
      ['static Log::$jobs → [1]', [0]],
    ],
  );
});
