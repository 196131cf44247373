/** What `--format json` promises to its readers, as far as the tests look at it. Written down apart from src/ on purpose. */
export interface ReportJson {
  readonly schema: 1;
  readonly pid: number;
  readonly innerPid?: number;
  readonly php: string;
  readonly sapi: string;
  readonly mode: 'exact';
  readonly verdict: 'leak' | 'clean' | 'unknown';
  readonly verdictReason?: string;
  readonly hooks: readonly {
    readonly loop: string;
    readonly boundary: string | null;
    readonly evidence?: string;
    readonly verdict: 'leak' | 'clean' | 'unknown';
    readonly verdictReason?: string;
    readonly loops: { readonly seen: number; readonly settled: number };
  }[];
  readonly loops: { readonly seen: number; readonly warmup: number; readonly settled: number };
  readonly sites: readonly SiteJson[];
  readonly arrays: readonly {
    readonly verdict: 'leak' | 'pending';
    readonly path: string | null;
    readonly elementsPerLoop: number;
  }[];
  readonly accounting: {
    readonly growthBytes: number;
    readonly explainedBytes: number;
    readonly accounted: number;
    readonly droppedEvents: number;
    readonly unknownFrees: number;
  };
  readonly snapshot: { readonly pauseMs: number; readonly heapBytes: number; readonly blocks: number } | null;
  readonly notes: readonly string[];
  readonly ended: string;
}

export interface FrameJson {
  readonly file: string | null;
  readonly line: number;
  readonly function: string | null;
}

export interface SiteJson extends FrameJson {
  readonly loop: string;
  readonly outside: boolean;
  readonly verdict: 'leak' | 'orphan' | 'offset' | 'bounded' | 'cycle' | 'pending' | 'warmup';
  readonly blocks: number;
  readonly bytes: number;
  /** Net bytes per loop after warm-up. */
  readonly bytesPerLoop: number;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly fills?: { readonly elements: number; readonly capacity: number; readonly elementsPerLoop: number };
  readonly holder: string | null;
  readonly path: string | null;
  readonly types: readonly string[];
  readonly app: FrameJson;
  readonly stack: readonly FrameJson[];
}

/** The sites that a report accuses or cannot clear. */
export function suspects(report: ReportJson): readonly SiteJson[] {
  return report.sites.filter((site) => isGuilty(site) || site.verdict === 'pending');
}

/** True for a line whose memory will never be freed, whether something holds it or nothing does. */
export function isGuilty({ verdict }: SiteJson): boolean {
  return verdict === 'leak' || verdict === 'orphan';
}
