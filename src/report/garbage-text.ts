import type { Amount } from '../heap/garbage.js';
import type { Collector } from '../trace/records.js';
import { columns } from './columns.js';
import { printable, type Palette } from './palette.js';
import { grouped, readableSize } from './readable-size.js';
import type { SnapshotGarbage } from './snapshot-model.js';

/** What no root reaches, and what becomes of it; nothing where there is none. */
export function garbageLines(garbage: SnapshotGarbage, { bold }: Palette): string[] {
  const { cycles, kept, orphans, causes, otherCauses, collector } = garbage;
  if (cycles.count + kept.count + orphans.count === 0) return [];
  const lines = [bold('What nothing leads to:')];
  if (cycles.count > 0) lines.push(`  ${amount(cycles)} in cycles: ${collectorWords(collector)}`);
  if (kept.count > 0) {
    lines.push(
      `  ${amount(kept)} in cycles that a reference count keeps which nothing explains: the collector leaves them`,
    );
  }
  if (orphans.count > 0)
    lines.push(`  ${amount(orphans)} lost: nothing is known to refer to them, an extension or the engine forgot them`);
  const rows = causes.map((cause) => [readableSize(cause.count * cause.retainedBytes), causeText(cause)]);
  lines.push(...columns(rows).map((line) => `  ${line}`));
  if (otherCauses > 0) lines.push(`    and ${grouped(otherCauses)} more`);
  return lines;
}

function causeText({ kind, count, blocks, types, address }: SnapshotGarbage['causes'][number]): string {
  const size = blocks > 1 ? ` of ${grouped(blocks)}` : '';
  const times = count > 1 ? `, ${grouped(count)} times` : '';
  return `${CAUSES[kind]}${size}${times}: ${types.map(printable).join(', ')} (${count > 1 ? 'such as ' : ''}${address})`;
}

const CAUSES: Readonly<Record<SnapshotGarbage['causes'][number]['kind'], string>> = {
  cycle: 'cycle',
  kept: 'kept',
  orphan: 'lost',
};

function amount({ count, bytes }: Amount): string {
  return `${readableSize(bytes)} in ${grouped(count)} ${count === 1 ? 'block' : 'blocks'}`;
}

function collectorWords(collector: Collector | null): string {
  if (collector === null) return "PHP's collector takes them, when is not known";
  if (!collector.enabled) return "PHP's collector is off (zend.enable_gc): they stay until gc_collect_cycles()";
  return (
    `PHP's collector takes them when it runs, at ${grouped(collector.threshold)} possible roots, ` +
    `${grouped(collector.roots)} now`
  );
}
