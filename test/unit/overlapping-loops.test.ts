import test from 'ava';
import { Ledger } from '../../src/trace/ledger.js';
import type { LoopRecord } from '../../src/trace/records.js';

// Fibers: several loops of one hook are under way at once, and the kernel programs tell which one runs.

const ADDRESS = 0x7f12_0020_0000;
const SITE = 10;
const OUTSIDE = 0;
const INSIDE = 1;

test('a block is charged to the loop of the fiber that allocated it, whatever began meanwhile', (t) => {
  const server = new Server();
  const [first, second] = [server.begin(), server.begin()];
  server.resume(first);
  server.keep(64);
  server.resume(second);
  server.keep(128);
  server.end(first);
  server.end(second);
  server.idleLoops(4);
  t.deepEqual(residues(server, [first, second]), [64, 128]);
});

test('a loop is settled when it is over and all that were under way at its end are, the next one in any case', (t) => {
  const server = new Server();
  server.idleLoops(3);
  const loops = [server.begin(), server.begin(), server.begin()];
  server.end(loops[0]!);
  server.end(loops[2]!);
  t.is(server.settled, loops[0]! - 1, 'the one before waits for its neighbour only');
  server.begin();
  t.is(server.settled, loops[0]! - 1);
  server.end(loops[1]!);
  t.is(server.settled, loops[0]!, 'all three have ended, but the fourth was under way when the second did');
});

test('what a loop frees late in its own life, after many others, leaves no trace', (t) => {
  const server = new Server();
  const slow = server.begin();
  const block = server.keep(64);
  server.idleLoops(30);
  server.resume(slow);
  server.free(block);
  server.end(slow);
  server.idleLoops(5);
  const record = server.record(slow);
  t.like(record, { residue: [], offset: [], births: 1 });
  t.deepEqual(
    server.records.flatMap(({ lateFrees }) => lateFrees),
    [],
  );
});

test('records come in the order in which the loops began, each once', (t) => {
  const server = new Server();
  const loops = Array.from({ length: 40 }, () => server.begin());
  for (let i = 0; i < 40; i++) server.end(loops[(i * 17) % 40]!);
  server.idleLoops(3);
  const numbers = server.records.map(({ loop }) => loop);
  t.deepEqual(
    numbers,
    numbers.map((_, i) => i + 1),
  );
  t.true(numbers.length >= 41);
});

test('what is allocated in no loop meanwhile is outside, of the time of the loop that began last', (t) => {
  const server = new Server();
  const loop = server.begin();
  server.leave();
  server.ledger.alloc(ADDRESS, 64, SITE, 0, OUTSIDE);
  server.end(loop);
  server.idleLoops(4);
  t.deepEqual(server.record(loop)?.residue, [{ site: SITE, path: 0, outside: true, blocks: 1, bytes: 64 }]);
});

test('a block of a settled loop that another fiber frees is a late free of that one', (t) => {
  const server = new Server();
  const first = server.begin();
  const block = server.keep(64);
  server.end(first);
  server.idleLoops(3);
  const [early, late] = [server.begin(), server.begin()];
  server.resume(early);
  server.free(block);
  server.end(early);
  server.end(late);
  server.idleLoops(4);
  t.like(server.record(early)?.lateFrees[0], { birthLoop: first, bytes: 64 });
  t.deepEqual(server.record(late)?.lateFrees, []);
});

test('a loop that its fibers never leave is given up, and what they allocate then is outside', (t) => {
  const server = new Server();
  const stuck = server.begin();
  server.keep(64);
  server.idleLoops(70);
  t.is(server.ledger.givenUp, 1);
  t.is(server.record(stuck)?.residue[0]?.bytes, 64);
  server.resume(stuck);
  server.keep(256);
  server.idleLoops(3);
  const outside = server.records.flatMap(({ residue }) => residue).filter((residue) => residue.outside);
  t.deepEqual(
    outside.map(({ bytes }) => bytes),
    [256],
  );
});

test('where no loop has ended yet many may be under way: none is given up early', (t) => {
  const server = new Server(false);
  for (let i = 0; i < 400; i++) server.begin();
  t.is(server.ledger.givenUp, 0);
  for (let i = 0; i < 200; i++) server.begin();
  t.true(server.ledger.givenUp > 0);
});

test('the first loops to end are short ones: the others under way are not given up for them', (t) => {
  const server = new Server(false);
  const loops = Array.from({ length: 100 }, () => server.begin());
  for (const loop of loops.slice(-20)) server.end(loop);
  for (let i = 0; i < 20; i++) server.begin();
  t.is(server.ledger.givenUp, 0);
});

test('a loop that was given up and ends after all tells how long others may take', (t) => {
  const server = new Server();
  const slow = server.begin();
  server.idleLoops(100);
  t.is(server.ledger.givenUp, 1);
  server.end(slow);
  const slower = server.begin();
  server.idleLoops(300);
  t.is(server.ledger.givenUp, 1);
  server.end(slower);
  t.is(server.ledger.givenUp, 1);
});

test('where loops take long, those that take longer still are waited for', (t) => {
  const server = new Server();
  const slower = server.begin();
  const loops = Array.from({ length: 60 }, () => server.begin());
  for (const loop of loops) {
    server.begin();
    server.end(loop);
  }
  t.is(server.ledger.givenUp, 0);
  server.end(slower);
  t.is(server.ledger.givenUp, 0);
});

test('where the beginning of a loop was lost, what it allocates belongs to the one before', (t) => {
  const server = new Server();
  const before = server.begin();
  server.lose();
  server.keep(64);
  server.end(before);
  server.idleLoops(4);
  t.is(server.record(before)?.residue[0]?.bytes, 64);
});

/** The kernel programs' part: a loop is what `begin` returns, its number in the records. */
class Server {
  readonly records: LoopRecord[] = [];
  readonly ledger = new Ledger({ hooks: 1, emit: (record) => this.records.push(record) });
  private number = 0;
  private next = ADDRESS + 4096;

  /** @param warm with call 0, which is not recorded, over */
  constructor(warm = true) {
    if (warm) this.idleLoops(1);
  }

  get settled(): number {
    return this.records.at(-1)?.loop ?? 0;
  }

  /** In a fiber of its own, which runs from now on. */
  begin(): number {
    this.leave();
    this.ledger.boundary(0, 0, 0, ++this.number, 0);
    return this.number - 1;
  }

  resume(loop: number): void {
    this.ledger.context(0, loop + 1);
  }

  leave(): void {
    this.ledger.context(0, 0);
  }

  /** The event of its beginning did not fit in the ring. */
  lose(): void {
    this.ledger.context(0, ++this.number);
  }

  end(loop: number): void {
    this.ledger.over(0, loop + 1);
    this.leave();
  }

  idleLoops(count: number): void {
    for (let i = 0; i < count; i++) this.end(this.begin());
  }

  keep(sizeBytes: number): number {
    this.next += 4096;
    this.ledger.alloc(this.next, sizeBytes, SITE, 0, INSIDE);
    return this.next;
  }

  free(address: number): void {
    this.ledger.free(address, 64, SITE, INSIDE);
  }

  record(loop: number): LoopRecord | undefined {
    return this.records.find((record) => record.loop === loop);
  }
}

function residues(server: Server, loops: readonly number[]): (number | undefined)[] {
  return loops.map((loop) => server.record(loop)?.residue[0]?.bytes);
}
