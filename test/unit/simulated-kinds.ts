import {
  burstLeak,
  doublingTable,
  fillingCache,
  flushedBuffer,
  freedLater,
  fullCache,
  growingString,
  leak,
  leakInChurn,
  leakWithDeletions,
  lru,
  randomEviction,
  ring,
  textsInTable,
  ttlCache,
  type Line,
} from './simulated-lines.js';
import {
  backlog,
  backlogDrains,
  both,
  burstsFreed,
  fingersCrossed,
  lazyServices,
  leakEach,
  ttlByChance,
  zipfCache,
} from './simulated-queues.js';

/** A kind of line, and what is true of it. */
export interface Kind {
  readonly name: string;
  readonly line: Line;
  readonly truth: 'leak' | 'innocent';
  /** In per cent: how often it may be undecided when loops have been looked at as `auto` wants it. */
  readonly pending: number;
  /** Cannot be told in 97 loops from what it is not: so rare, or filling all the time. */
  readonly takesLonger?: true;
}

export const KINDS: readonly Kind[] = [
  ...kinds('leak', [
    ['in each loop', leak()],
    ['in one loop of 3 by chance', leak(0.33), 3],
    ['in one loop of 10 by chance', leak(0.1), 3],
    ['in one loop of 100 by chance', leak(0.01), 6, true],
    ['in each 100th loop', leakEach(100), 0, true],
    ['in bursts', burstLeak, 3],
    ['among blocks that come and go', leakInChurn],
    ['from which some is deleted', leakWithDeletions, 3],
    ['a string that is appended to', growingString(100)],
    ['a table that doubles', doublingTable()],
    ['texts in a table that doubles', textsInTable(100)],
    ['a backlog, 5 come and 4 go', backlog(1, 0.8), 3],
    ['a backlog, 3 come and 2 go', backlog(0.9, 0.6), 3],
    ['in one loop of 10, amid an LRU of 20', both(lru(20, 60), leak(0.1)), 3, true],
  ]),
  ...kinds('innocent', [
    ['ring of 50, sizes by chance', ring(50, true)],
    ['ring of 300', ring(300), 0, true],
    ['cache of 300, full before the trace', fullCache(300, 0, true)],
    ['cache of 100, full before the trace, any goes', randomEviction(100, 500)],
    ['LRU of 20 out of 60', lru(20, 60)],
    ['LRU of 50 out of 200', lru(50, 200)],
    ['LRU of 300 out of 2000', lru(300, 2000), 0, true],
    ['TTL of 10 loops', ttlCache],
    ['TTL of 1 to 60 loops', ttlByChance(60)],
    ['freed 3 loops later, sizes by chance', freedLater(3, true)],
    ['buffer flushed each 25 loops', flushedBuffer(25)],
    ['buffer flushed in one loop of 40', fingersCrossed(1 / 40), 0, true],
    ['cache of 20 keys, 1 asked a loop', fillingCache(20, 1)],
    ['cache of 200 keys, 20 asked a loop', fillingCache(200, 20)],
    ['cache of 200 keys, 1 asked a loop', fillingCache(200, 1), 0, true],
    ['cache of 1000 keys, 1 asked a loop', fillingCache(1000, 1), 100, true],
    ['cache of 1000 keys, 5 asked a loop', fillingCache(1000, 5)],
    ['cache of 5000 keys, 1 asked a loop', fillingCache(5000, 1), 100, true],
    ['cache of 500 keys, by Zipf', zipfCache(500), 100, true],
    ['table that doubles and rests', doublingTable(60)],
    ['a service, made when first wanted', lazyServices(1, 200)],
    ['6 services', lazyServices(6, 200), 25, true],
    ['30 services', lazyServices(30, 100), 0, true],
    ['backlog that drains', backlogDrains],
    ['queue that jobs leave as fast as they come', backlog(0.8, 0.95)],
    ['bursts that are freed', burstsFreed],
  ]),
];

function kinds(truth: Kind['truth'], rows: readonly [string, Line, number?, true?][]): Kind[] {
  return rows.map(([name, line, pending = 0, takesLonger]) => ({
    name,
    line,
    truth,
    pending,
    ...(takesLonger ? { takesLonger } : {}),
  }));
}
