import type { FreeingLine, LoopSummary } from './model.js';
import { place, type Palette } from './palette.js';

/** The lines of one settled loop, as Swoole Tracker's report has them, to the character. */
export function loopLines(pid: number, summary: LoopSummary, { red, blue }: Palette): string[] {
  const head = `[${pid} (Loop ${summary.loop})]`;
  const lines: string[] = [];
  for (const freed of summary.freed) {
    lines.push(`${head} ${place(freed)} => ${red(`[${-freed.bytes}]`)}`);
    for (const text of birthLines(freed)) lines.push(blue(text));
  }
  for (const kept of summary.kept) lines.push(`${head} ${place(kept)} => ${red(`[${kept.bytes}]`)}`);
  lines.push(
    summary.totalBytes > 0
      ? `${head} ❌ This Loop TotalLeak: ${red(`[${summary.totalBytes}]`)}`
      : `${head} ✅ Nice!! No Leak Were Detected In This Loop`,
  );
  return lines;
}

function birthLines({ births }: FreeingLine): string[] {
  const shown = births.slice(0, MOST_BIRTHS);
  const lines = shown.map((birth) => `Free Pre (Loop ${birth.loop}) : ${place(birth)} => [${birth.bytes}]`);
  const others = births.slice(MOST_BIRTHS);
  if (others.length > 0) {
    const bytes = others.reduce((sum, birth) => sum + birth.bytes, 0);
    lines.push(`Free Pre (${others.length} more, up to Loop ${others.at(-1)!.loop}) => [${bytes}]`);
  }
  return lines;
}

/** A buffer that is flushed frees what hundreds of loops left; the first of them are enough to see it. */
const MOST_BIRTHS = 20;
