import type { Amount } from '../heap/garbage.js';
import { columns } from './columns.js';
import type { SnapshotDiff } from './diff-model.js';
import { namedPid, numberOf } from './named-pid.js';
import { palette, printable, type Palette } from './palette.js';
import { grouped, signedSize } from './readable-size.js';
import { bracketed } from './snapshot-text.js';
import type { TextOptions } from './text.js';

export interface DiffTextOptions extends TextOptions {
  /** Lines of each list. Default 20. */
  readonly top?: number;
}

/** What changed, for a person, with a newline at its end. */
export function renderDiffText(diff: SnapshotDiff, options: DiffTextOptions): string {
  const colors = palette(options.color);
  const top = options.top ?? 20;
  const sections = [
    headLines(diff, colors),
    listLines('By way:', diff.paths, top, colors, ({ path, type }) => `${printable(path)}  ${bracketed(type)}`),
    listLines('By root:', diff.holders, top, colors, ({ holder }) => printable(holder)),
    listLines('By type:', diff.types, top, colors, ({ type }) => printable(type)),
    garbageLines(diff),
    diff.notes.map((note) => `Note: ${printable(note)}.`),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function headLines({ before, after, seconds, bytes, blocks }: SnapshotDiff, { bold }: Palette): string[] {
  return [
    bold(
      `${whose(before, after)}, PHP ${printable(after.php)} ${printable(after.sapi)}: ${change({ count: blocks, bytes })} in ${seconds.toFixed(1)} s.`,
    ),
    `${before.takenAt} to ${after.takenAt}`,
  ];
}

function whose(before: SnapshotDiff['before'], after: SnapshotDiff['after']): string {
  if (numberOf(before) === numberOf(after)) return namedPid(after);
  return before.pid === after.pid
    ? `${namedPid(before)} to ${String(numberOf(after))}`
    : `pid ${String(before.pid)} to ${String(after.pid)}`;
}

interface Changed {
  readonly bytes: number;
  readonly blocks: number;
}

/** What changed most, in either direction, in order of growth. */
function listLines<T extends Changed>(
  title: string,
  changes: readonly T[],
  top: number,
  { bold }: Palette,
  textOf: (change: T) => string,
): string[] {
  if (changes.length === 0) return [];
  const shown = [...changes]
    .sort((a, b) => Math.abs(b.bytes) - Math.abs(a.bytes))
    .slice(0, top)
    .sort((a, b) => b.bytes - a.bytes);
  const lines = columns(shown.map((item) => [signedSize(item.bytes), signed(item.blocks), textOf(item)]));
  const others = changes.length - shown.length;
  return [bold(title), ...lines, ...(others > 0 ? [`  and ${grouped(others)} more`] : [])];
}

function garbageLines({ cycles, kept, orphans }: SnapshotDiff): string[] {
  const parts = [
    [cycles, 'in cycles that the collector takes'],
    [kept, 'in cycles that it leaves'],
    [orphans, 'lost'],
  ] as const;
  const said = parts.filter(([amount]) => amount.count !== 0 || amount.bytes !== 0);
  if (said.length === 0) return [];
  return [`What nothing leads to: ${said.map(([amount, what]) => `${change(amount)} ${what}`).join('; ')}.`];
}

function change({ count, bytes }: Amount): string {
  return `${signedSize(bytes)}, ${signed(count)} ${Math.abs(count) === 1 ? 'block' : 'blocks'}`;
}

function signed(count: number): string {
  return count > 0 ? `+${grouped(count)}` : grouped(count);
}
