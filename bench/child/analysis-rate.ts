import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HeapAnalysis } from '../../src/heap/analysis.js';
import { captureImage } from '../../src/heap/capture.js';
import { openTarget } from '../../src/live/target.js';

export interface AnalysisRate {
  readonly liveBytes: number;
  readonly blocks: number;
  /** Walk, graph, ways, types and garbage. */
  readonly analysisNs: number;
  /** Memory of this process at its height, less what it had with the copy before the analysis. */
  readonly peakBytes: number;
  /** `phptrace dump` from its start to its end. */
  readonly firstScreenNs: number;
}

function main(pid: number): AnalysisRate {
  const cli = fileURLToPath(new URL('../../cli/phptrace.js', import.meta.url));
  const started = process.hrtime.bigint();
  execFileSync(process.execPath, [cli, 'dump', String(pid)], { maxBuffer: 1 << 24 });
  const firstScreenNs = Number(process.hrtime.bigint() - started);
  const target = openTarget(pid);
  const image = captureImage(target, target.structures().structures);
  target.process.elf.close();
  globalThis.gc?.();
  // The copy was written page by page, so all of it is resident by now.
  const before = process.memoryUsage.rss();
  const begun = process.hrtime.bigint();
  const analysis = HeapAnalysis.of(image);
  void [analysis.paths, analysis.types, analysis.garbage];
  const analysisNs = Number(process.hrtime.bigint() - begun);
  // ru_maxrss is in KiB.
  const peakBytes = process.resourceUsage().maxRSS * 1024 - before;
  const { nodeCount, liveBytes } = analysis.blocks;
  return { liveBytes, blocks: nodeCount - 1, analysisNs, peakBytes, firstScreenNs };
}

process.stdout.write(JSON.stringify(main(Number(process.argv[2]))));
