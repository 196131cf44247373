import test from 'ava';
import { verdictWhenHeld } from '../../src/leaks/held.js';
import type { HeldRecord } from '../../src/trace/records.js';

const COLLECTOR = { enabled: true, threshold: 10_001, roots: 0, runs: 0 };

function held(counts: Partial<HeldRecord>): HeldRecord {
  const none = { reached: 0, cycle: 0, orphan: 0, missing: 0, holder: null, path: null };
  const nothing = { ...none, types: [], garbageTypes: [], loops: [] };
  return { type: 'held', hook: 0, site: 1, outside: false, alive: 10, blocks: 10, ...nothing, ...counts };
}

test("a line that made PHP's table of objects larger has left nothing of its own", (t) => {
  const table = held({ blocks: 1, reached: 1, objectTables: 1 });
  t.is(verdictWhenHeld({ verdict: 'pending' }, table, COLLECTOR), 'bounded');
  t.is(verdictWhenHeld({ verdict: 'leak' }, table, COLLECTOR), 'bounded');
});

test('a line that keeps objects leaks, whether it made the table of objects larger or not', (t) => {
  t.is(verdictWhenHeld({ verdict: 'leak' }, held({ reached: 10, objectTables: 1 }), COLLECTOR), 'leak');
  t.is(verdictWhenHeld({ verdict: 'pending' }, held({ reached: 10 }), COLLECTOR), 'pending');
});
