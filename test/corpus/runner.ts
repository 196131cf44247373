import { execFileSync } from 'node:child_process';
import type { Comparison } from '../integration/compare-case.js';
import { loadingOf } from '../integration/extension.js';
import { traceCase } from '../integration/judge-case.js';
import { isSince, type Case } from '../integration/truth.js';
import { Workplace } from '../integration/workplace.js';

/** What came of one program. */
export interface Outcome {
  readonly subject: Case;
  readonly seconds: number;
  /** Absent where it was left out, or where there was no report to compare. */
  readonly comparison?: Comparison;
  /** Why it was left out, or why there was no report. */
  readonly skipped?: string;
  readonly failure?: string;
}

/** Traces programs under one php. */
export class Runner {
  private readonly version: string;

  /** @param hasExtension whether the test extension was built for this php. Throws where php cannot be run. */
  constructor(
    private readonly php: string,
    private readonly hasExtension: boolean,
  ) {
    this.version = execFileSync(php, ['-r', 'echo PHP_VERSION;'], { encoding: 'utf8' });
  }

  /** The outcomes in the order of the cases; each is told on stderr as it comes. */
  async runAll(cases: readonly Case[], jobs: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const waiting = [...cases.entries()];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [number, subject] = next;
        const outcome = await this.run(subject);
        outcomes[number] = outcome;
        process.stderr.write(`${subject.name}: ${said(outcome)}\n`);
      }
    };
    await Promise.all(Array.from({ length: jobs }, work));
    return outcomes;
  }

  private async run(subject: Case): Promise<Outcome> {
    const skipped = this.reasonToSkip(subject);
    if (skipped !== undefined) return { subject, seconds: 0, skipped };
    const place = new Workplace();
    const startedMs = performance.now();
    const seconds = (): number => (performance.now() - startedMs) / 1000;
    try {
      const { comparison } = await traceCase(place, subject, [this.php, ...loadingOf(subject)]);
      return { subject, seconds: seconds(), comparison };
    } catch (error) {
      return { subject, seconds: seconds(), failure: error instanceof Error ? error.message : String(error) };
    } finally {
      await place.close();
    }
  }

  private reasonToSkip({ truth }: Case): string | undefined {
    if (!isSince(truth.since, this.version)) return `needs PHP ${truth.since}`;
    if (truth.extension !== undefined && !this.hasExtension) return 'needs the test extension';
    const missing = truth.needs.filter((extension) => !this.loads(extension));
    return missing.length === 0 ? undefined : `needs the extension ${missing.join(', ')}`;
  }

  private loads(extension: string): boolean {
    const code = `echo extension_loaded(${JSON.stringify(extension)}) ? 'yes' : 'no';`;
    return execFileSync(this.php, ['-r', code], { encoding: 'utf8' }) === 'yes';
  }
}

function said({ comparison, skipped, failure }: Outcome): string {
  if (comparison === undefined) return skipped ?? failure ?? '';
  return comparison.problems.length === 0 ? 'as declared' : comparison.problems.join('\n  ');
}
