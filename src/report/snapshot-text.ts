import { columns } from './columns.js';
import { garbageLines } from './garbage-text.js';
import { namedPid } from './named-pid.js';
import { palette, printable, type Palette } from './palette.js';
import { grouped, readableSize } from './readable-size.js';
import type { SnapshotReport } from './snapshot-model.js';
import type { TextOptions } from './text.js';
import { whyLines } from './why-text.js';

/** Duplicates are spoken of from this share of the heap on. */
const MUCH = 0.01;
const MOST_DUPLICATES = 5;
const MOST_BINS = 3;

/** The report for a person, with a newline at its end. */
export function renderSnapshotText(report: SnapshotReport, options: TextOptions): string {
  const colors = palette(options.color);
  const sections =
    report.why === null
      ? [
          headLines(report, colors),
          pathLines(report, colors),
          typeLines(report, colors),
          garbageLines(report.garbage, colors),
          duplicateLines(report, colors),
          fragmentationLines(report, colors),
          noteLines(report),
        ]
      : [headLines(report, colors), whyLines(report.why, report.garbage.collector, colors), noteLines(report)];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headLines({ process, heap }: SnapshotReport, { bold }: Palette): string[] {
  const { php, sapi, command, pauseMs, takenAt } = process;
  return [
    bold(
      `${namedPid(process)}, PHP ${printable(php)} ${printable(sapi)}: ${readableSize(heap.liveBytes)} in ` +
        `${grouped(heap.blocks)} blocks; it stood still for ${pauseMs.toFixed(1)} ms.`,
    ),
    `${printable(command)}, ${takenAt}`,
  ];
}

function pathLines({ paths, otherPaths, heap, garbage }: SnapshotReport, { bold }: Palette): string[] {
  const rows = paths.map(({ bytes, blocks, type, path }) =>
    row(bytes, blocks, `${printable(path)}  ${bracketed(type)}`),
  );
  if (otherPaths.paths > 0)
    rows.push(row(otherPaths.bytes, otherPaths.blocks, `by ${grouped(otherPaths.paths)} other ways`));
  const left = garbage.cycles.count + garbage.kept.count + garbage.orphans.count;
  const without = left === 0 ? '' : `, without ${grouped(left)} blocks that nothing leads to (below)`;
  rows.push(row(heap.reachable.bytes, heap.reachable.count, `in all${without}`));
  return [bold('What holds the memory:'), ...columns([['size', 'blocks', 'held by'], ...rows])];
}

/** Types that PHP code cannot name have brackets already. */
export function bracketed(type: string): string {
  return type.startsWith('(') ? printable(type) : `(${printable(type)})`;
}

function row(bytes: number, count: number, text: string): string[] {
  return [readableSize(bytes), grouped(count), text];
}

function typeLines({ types, otherTypes }: SnapshotReport, { bold }: Palette): string[] {
  const rows = types.map(({ blocks, shallowBytes, retainedBytes, type }) => [
    grouped(blocks),
    readableSize(shallowBytes),
    readableSize(retainedBytes),
    printable(type),
  ]);
  if (otherTypes.types > 0) {
    const { blocks, shallowBytes } = otherTypes;
    rows.push([grouped(blocks), readableSize(shallowBytes), '', `${grouped(otherTypes.types)} other types`]);
  }
  return [bold('By type:'), ...columns([['count', 'own size', 'retained', 'type'], ...rows])];
}

function duplicateLines({ duplicates, heap }: SnapshotReport, { bold }: Palette): string[] {
  const { wastedBytes, contents, strings } = duplicates;
  if (wastedBytes < heap.liveBytes * MUCH) return [];
  return [
    bold(`Strings that are there more than once: ${grouped(contents)}, which waste ${readableSize(wastedBytes)}:`),
    ...columns(
      strings
        .slice(0, MOST_DUPLICATES)
        .map((string) => [
          readableSize(string.wastedBytes),
          `${grouped(string.count)} times`,
          `${contentOf(string)}${string.path === null ? '' : `, such as ${printable(string.path)}`}`,
        ]),
    ),
  ];
}

/** Length and hash, or the text where contents are shown. */
export function contentOf(string: { lengthBytes: number; hash: string; text: string | null }): string {
  const text = string.text === null ? `SHA-256 ${string.hash}` : `"${printable(string.text)}"`;
  return `${grouped(string.lengthBytes)} bytes, ${text}`;
}

function fragmentationLines({ fragmentation }: SnapshotReport, { bold }: Palette): string[] {
  const { mappedBytes, liveBytes, bins, freePageBytes, collectableBytes, emptyChunks, cachedChunks } = fragmentation;
  const free = bins.reduce((sum, { freeBytes }) => sum + freeBytes, 0);
  const worst = [...bins].sort((a, b) => b.freeBytes - a.freeBytes).slice(0, MOST_BINS);
  const named = worst.map(({ slotBytes, freeBytes, live }) => {
    return `${String(slotBytes)}: ${readableSize(freeBytes)} beside ${grouped(live)} live`;
  });
  return [
    bold(`PHP has ${readableSize(mappedBytes)} from the system and uses ${readableSize(liveBytes)} of it.`),
    `  ${readableSize(free)} are free in pages in use${named.length === 0 ? '' : `, most by blocks of ${named.join('; ')}`}`,
    `  ${readableSize(freePageBytes)} are free pages; ${count(emptyChunks, 'chunk is', 'chunks are')} empty, ` +
      `${count(cachedChunks, 'is', 'are')} kept in reserve`,
    `  gc_mem_caches() would give back ${readableSize(collectableBytes)}`,
  ];
}

function noteLines({ notes }: SnapshotReport): string[] {
  return notes.map((note) => `Note: ${printable(note)}.`);
}

function count(number: number, one: string, many: string): string {
  return `${grouped(number)} ${number === 1 ? one : many}`;
}
