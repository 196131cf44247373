import test from 'ava';
import { LoopTurns } from '../../src/live/loop-turns.js';

test('a loop idles from its last turn on, one without any from the beginning', (t) => {
  const turns = new LoopTurns();
  turns.begin(1000);
  turns.look(2000, [1, 0]);
  t.deepEqual([turns.idleMs(0), turns.idleMs(1), turns.idleMs()], [0, 1000, 1000]);
  turns.look(5000, [1, 0]);
  t.deepEqual([turns.idleMs(0), turns.idleMs(1)], [3000, 4000]);
  turns.look(6000, [2, 1]);
  t.deepEqual([turns.idleMs(0), turns.idleMs(1), turns.idleMs()], [0, 0, 5000]);
});
