import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureArrayLook } from './array-look.js';
import { measureAnalysisRate } from './analysis-rate.js';
import { measureBoundaryCost } from './boundary-cost.js';
import { measureDetachTime } from './detach-time.js';
import { measureGraphCost } from './graph-cost.js';
import { measurePairCost } from './pair-cost.js';
import { measureTableCost } from './table-cost.js';
import { measureSnapshotPause } from './snapshot-pause.js';
import { measureSwitchCost } from './switch-cost.js';
import { renderMarkdown, renderText } from './table.js';
import type { Row } from './table.js';

/** Measures everything of docs/benchmarks.md in one go and prints the table: `npm run bench`, as root. */
async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find((arg) => arg !== '--markdown');
  if (unknown !== undefined) throw new Error(`unknown option ${unknown}: there is only --markdown`);
  if (process.getuid?.() !== 0) throw new Error('tracing needs root: sudo node build/bench/main.js');
  const directory = mkdtempSync(join(tmpdir(), 'phptrace-bench-'));
  // What phptrace keeps of its own goes there too.
  process.env['XDG_STATE_HOME'] = directory;
  const progress = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
  try {
    const rows: Row[] = [
      ...(await measurePairCost(directory, progress)),
      ...(await measureTableCost(progress)),
      ...(await measureGraphCost(progress)),
      ...(await measureAnalysisRate(progress)),
      ...(await measureBoundaryCost(directory, progress)),
      ...(await measureSwitchCost(directory, progress)),
      ...(await measureDetachTime(directory, progress)),
      ...(await measureSnapshotPause(progress)),
      ...(await measureArrayLook(progress)),
    ];
    process.stdout.write(args.includes('--markdown') ? renderMarkdown(rows) : renderText(rows));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
