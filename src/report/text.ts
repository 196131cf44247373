import { lineKey } from '../leaks/place-key.js';
import { loopLines } from './loop-lines.js';
import type { RecentLoops, Report } from './model.js';
import { palette, place, type Palette } from './palette.js';
import { summaryLines } from './summary.js';

export interface TextOptions {
  readonly color: boolean;
}

/** The report for a person, with a newline at its end: the seed's lines loop by loop, the alarms, the summary. */
export function renderText(report: Report, options: TextOptions): string {
  const colors = palette(options.color);
  const several = report.recentLoops.length > 1;
  const loops = report.recentLoops.flatMap((recent) => loopsOf(report.pid, recent, several, colors));
  const blocks = [loops, alarmLines(report, colors), summaryLines(report, colors)];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function loopsOf(pid: number, recent: RecentLoops, several: boolean, colors: Palette): string[] {
  if (recent.loops.length === 0) return [];
  const lines = recent.loops.flatMap((summary) => loopLines(pid, summary, colors));
  if (recent.left > 0) lines.unshift(`(${recent.left} earlier loops are not shown)`);
  if (several) lines.unshift(`Loops of ${recent.loop}:`);
  return lines;
}

/** A line each: one that is in several functions is as large as they are together, and grew as often as any of them. */
function alarmLines({ sites }: Report, { red }: Palette): string[] {
  const alarms = new Map<string, { readonly at: string; times: number; sizeBytes: number }>();
  for (const { file, line, growth } of sites) {
    if (!growth) continue;
    const key = lineKey(file, line);
    const met = alarms.get(key) ?? { at: place({ file, line }), times: 0, sizeBytes: 0 };
    met.times = Math.max(met.times, growth.times);
    met.sizeBytes += growth.sizeBytes;
    alarms.set(key, met);
  }
  return [...alarms.values()].map(
    ({ at, times, sizeBytes }) =>
      `The Possible Leak As Malloc Size Keep Growth: ${at} => ` +
      `Growth Times : ${red(`[${times}]`)}; Growth Size : ${red(`[${sizeBytes}]`)}`,
  );
}
