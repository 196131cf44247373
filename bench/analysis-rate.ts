import type { AnalysisRate } from './child/analysis-rate.js';
import { runChild } from './child-process.js';
import { withHeap } from './heap-program.js';
import { duration, figures } from './quantities.js';
import type { Row } from './table.js';

const HEAPS_MB = [50, 500, 2000];
/** Bytes a µs are MB/s. */
const LEAST_RATE = 100;
const MOST_BYTES = 100;

/** What it takes to tell what holds a heap: graph, ways, types and garbage together, and the command as a whole. */
export async function measureAnalysisRate(progress: (text: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const megabytes of HEAPS_MB) {
    progress(`analysis of a heap of ${String(megabytes)} MB`);
    const measured = await withHeap(megabytes, (pid) => runChild<AnalysisRate>('analysis-rate', String(pid)));
    rows.push(...rowsOf(`heap of ${String(megabytes)} MB`, measured));
  }
  return rows;
}

function rowsOf(heap: string, { liveBytes, blocks, analysisNs, peakBytes, firstScreenNs }: AnalysisRate): Row[] {
  const rate = (liveBytes * 1000) / analysisNs;
  return [
    {
      what: `analysis, ${heap}`,
      measured: `${figures(rate)} MB/s, ${figures(blocks / (analysisNs / 1000))}M blocks/s`,
      goal: `at least ${String(LEAST_RATE)} MB/s`,
      reached: rate >= LEAST_RATE,
    },
    {
      what: `its memory at its height, a live block of a ${heap}`,
      measured: `${figures(peakBytes / blocks)} bytes`,
      goal: `at most ${String(MOST_BYTES)} bytes`,
      reached: peakBytes / blocks <= MOST_BYTES,
    },
    { what: `phptrace dump to its first screen, ${heap}`, measured: duration(firstScreenNs) },
  ];
}
