import test from 'ava';
import { lineCount, placeKey } from '../../src/leaks/place-key.js';

test('a line is one place in each function', (t) => {
  t.is(placeKey('/app/a.php', 3, 'A::f'), placeKey('/app/a.php', 3, 'A::f'));
  t.not(placeKey('/app/a.php', 3, 'A::f'), placeKey('/app/a.php', 3, 'B::f'));
  t.not(placeKey('/app/a.php', 3, 'A::f'), placeKey('/app/a.php', 4, 'A::f'));
  t.not(placeKey(null, 0, null), placeKey('/app/a.php', 0, null));
});

test('classes that an eval makes anew each time share their places', (t) => {
  const evaluated = "/app/Environment.php(434) : eval()'d code";
  t.is(placeKey(evaluated, 87, 'Template_1a::source'), placeKey(evaluated, 87, 'Template_2b::source'));
  t.not(placeKey(evaluated, 87, 'Template_1a::source'), placeKey(evaluated, 87, 'Template_1a::render'));
  t.not(placeKey(evaluated, 87, 'f'), placeKey(evaluated, 87, 'g'));
  t.not(placeKey(evaluated, 87, null), placeKey(evaluated, 87, 'f'));
});

test('lines are counted by file and number, whatever their functions', (t) => {
  const [here, there, below] = [
    { file: '/app/a.php', line: 3 },
    { file: '/app/b.php', line: 3 },
    { file: '/app/a.php', line: 4 },
  ];
  t.is(lineCount([here, { ...here }, there, below, { file: null, line: 0 }]), 4);
  t.is(lineCount([]), 0);
});
