import type { LateFree, LoopRecord } from '../trace/records.js';
import type { Frame, FreeingLine, KeepingLine, LoopSummary } from './model.js';

/** Adds a settled loop up by file and line. `siteOf` knows where a site is. */
export function summarizeLoop(record: LoopRecord, siteOf: (site: number) => Frame): LoopSummary {
  const kept = new LineSums();
  for (const residue of record.residue) {
    if (!residue.outside) kept.add(siteOf(residue.site), 0, residue.bytes);
  }
  const freed = freeingLines(record.lateFrees, siteOf);
  const keptLines = kept.sorted();
  return {
    loop: record.loop,
    freed,
    kept: keptLines.map(({ file, line, bytes }) => ({ file, line, bytes })),
    totalBytes: sum(keptLines) - sum(freed),
  };
}

function freeingLines(lateFrees: readonly LateFree[], siteOf: (site: number) => Frame): FreeingLine[] {
  const freed = new LineSums();
  const births = new Map<string, LineSums>();
  for (const free of lateFrees) {
    // Without a free that was seen, as at a request's end, no line can be named.
    if (free.outside || free.site === null) continue;
    const key = freed.add(siteOf(free.site), 0, free.bytes);
    let bornAt = births.get(key);
    if (!bornAt) births.set(key, (bornAt = new LineSums()));
    bornAt.add(siteOf(free.birthSite), free.birthLoop, free.bytes);
  }
  return freed.sorted().map(({ key, file, line, bytes }) => ({
    file,
    line,
    bytes,
    births: births
      .get(key)!
      .sorted()
      .map(({ file, line, bytes, loop }) => ({ file, line, bytes, loop })),
  }));
}

interface LineSum extends KeepingLine {
  readonly key: string;
  readonly loop: number;
  bytes: number;
}

class LineSums {
  private readonly sums = new Map<string, LineSum>();

  /** Returns the key under which the line is counted. */
  add({ file, line }: Frame, loop: number, bytes: number): string {
    const key = `${loop} ${line} ${file ?? ''}`;
    const known = this.sums.get(key);
    if (known) known.bytes += bytes;
    else this.sums.set(key, { key, loop, file, line, bytes });
    return key;
  }

  /** By loop, then file, then line. */
  sorted(): LineSum[] {
    return [...this.sums.values()].sort(
      (a, b) => a.loop - b.loop || compare(a.file ?? '', b.file ?? '') || a.line - b.line,
    );
  }
}

function sum(lines: readonly KeepingLine[]): number {
  return lines.reduce((total, { bytes }) => total + bytes, 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
