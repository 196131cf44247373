import type { BlockMemory } from './child/block-memory.js';
import type { DecodeRate } from './child/decode-rate.js';
import { runChild } from './child-process.js';
import { figures, rate, ratio } from './quantities.js';
import { median } from './statistics.js';
import type { Row } from './table.js';

/** Events a second into the table, and the memory of a live block in it. */
export async function measureTableCost(progress: (text: string) => void): Promise<Row[]> {
  progress('events into the table');
  const decoded = await runChild<DecodeRate>('decode-rate');
  progress('memory of 5M live blocks');
  const table = await runChild<BlockMemory>('block-memory', 'table');
  const map = await runChild<BlockMemory>('block-memory', 'map');
  return [rateRow(decoded), ...memoryRows(table, map)];
}

function rateRow({ events, bookedNs, summedNs }: DecodeRate): Row {
  const [booked, summed] = [median(bookedNs), median(summedNs)];
  return {
    what: 'events decoded into the table',
    measured: rate(events, booked),
    peer: `a loop that only adds up: ${rate(events, summed)}`,
    // Time an event, as everywhere: the smaller the better.
    ratio: ratio(booked, summed),
    goal: 'at least 1M/s',
    reached: events / booked >= 1e-3,
  };
}

function memoryRows(table: BlockMemory, map: BlockMemory): Row[] {
  const each = (bytes: number | null): number => (bytes ?? NaN) / table.blocks;
  const row = (what: string, ours: number, peers: number): Row => ({
    what,
    measured: `${figures(ours)} bytes`,
    peer: `a Map of objects: ${figures(peers)} bytes`,
    ratio: ratio(ours, peers),
  });
  return [
    {
      ...row('a live block of 5M, in the table', each(table.ownBytes), each(map.rssBytes)),
      goal: 'at most 64 bytes',
      reached: each(table.ownBytes) <= 64,
    },
    row('a live block of 5M, in the process', each(table.rssBytes), each(map.rssBytes)),
    row('the same at its height, as the table doubles', each(table.peakBytes), each(map.peakBytes)),
  ];
}
