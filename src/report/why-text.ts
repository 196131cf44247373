import { columns } from './columns.js';
import { printable, type Palette } from './palette.js';
import { grouped, readableSize } from './readable-size.js';
import type { SnapshotReport } from './snapshot-model.js';
import { contentOf } from './snapshot-text.js';

/** What holds the blocks that were asked for. */
export function whyLines(
  why: NonNullable<SnapshotReport['why']>,
  collector: SnapshotReport['garbage']['collector'],
  { bold }: Palette,
): string[] {
  const { asked, type, blocks, bytes, paths: shown, otherPaths, sample, inCycles, orphans, content } = why;
  const isBlock = asked.startsWith('0x');
  const what = isBlock
    ? `The block at ${asked}: ${printable(type)}, ${readableSize(bytes)}`
    : `${printable(type)}: ${grouped(blocks)} alive, ${readableSize(bytes)}`;
  const reached = blocks - inCycles - orphans;
  const lines = [bold(`${what}${content === null ? '' : `, ${contentOf(content)}`}.`)];
  if (isBlock) lines.push(...shown.map(({ path }) => `  held by ${printable(path)}`));
  else if (shown.length > 0) {
    const looked =
      sample < reached ? ` (a sample of ${grouped(sample)} of ${grouped(reached)}: sizes are the sample's)` : '';
    lines.push(`Held by${looked}:`);
    lines.push(
      ...columns(shown.map(({ bytes, blocks, path }) => [readableSize(bytes), grouped(blocks), printable(path)])),
    );
    if (otherPaths > 0) lines.push(`  and ${grouped(otherPaths)} other ${otherPaths === 1 ? 'way' : 'ways'}`);
  }
  if (inCycles > 0) {
    const taken = collector?.enabled === false ? 'stays, for the collector is off' : 'the collector takes';
    lines.push(`  ${isBlock ? 'in' : `${grouped(inCycles)} in`} a cycle that ${taken}: no root leads there`);
  }
  if (orphans > 0)
    lines.push(`  ${isBlock ? 'kept' : `${grouped(orphans)} kept`} by nothing that is known: no root leads there`);
  return lines;
}
