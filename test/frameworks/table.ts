import { readFileSync, writeFileSync } from 'node:fs';
import type { JsonRun } from '../integration/harness.js';
import { loopRecords } from '../integration/measurement.js';
import { markdownTable } from '../versions/matrix.js';
import { isGuilty, type ReportJson } from '../integration/report-json.js';

/** The lines of the document between which the tables stand. */
const BEGIN = '<!-- the tables: made by `make frameworks-table` -->';
const END = '<!-- end of the tables -->';

export interface Outcome {
  readonly leak: boolean;
  readonly traced: JsonRun;
  /** Requests a second before the trace, of a program that does nothing else. */
  readonly untraced: number | undefined;
  /** From the command's start to its end. */
  readonly seconds: number;
  /** Bytes a loop, by the program's own measurement. */
  readonly truth: number;
}

/** What was found in each program, and at what cost. */
export class FrameworkTable {
  private readonly outcomes = new Map<string, Outcome>();
  private readonly loops = new Map<string, string>();

  /** @param programs how many there are */
  constructor(private readonly programs: number) {}

  add(program: string, outcome: Outcome): void {
    this.outcomes.set(program, outcome);
  }

  /** The loop that was chosen where none was given. */
  chosen(program: string, report: ReportJson): void {
    this.loops.set(program, report.hooks.map(({ loop }) => loop.replace(/^.*\/(?=[^/]+:\d+$)/, '')).join(', '));
  }

  /** Writes the tables into a document, or where none is named to stderr. Throws where it has no place for them, or a row is missing. */
  finish(document: string | undefined): void {
    const text = `${this.findings()}\n\n${this.costs()}\n`;
    if (document === undefined) {
      process.stderr.write(`\n${text}`);
      return;
    }
    if (this.outcomes.size < this.programs || this.loops.size < this.programs) {
      throw new Error(`${document} keeps its tables: not every program was traced in this run`);
    }
    const old = readFileSync(document, 'utf8');
    const [begin, end] = [old.indexOf(BEGIN), old.indexOf(END)];
    if (begin === -1 || end < begin) throw new Error(`${document} has no place for the tables: ${BEGIN} … ${END}`);
    writeFileSync(document, `${old.slice(0, begin)}${BEGIN}\n\n${text}\n${old.slice(end)}`);
  }

  private findings(): string {
    const rows = [...this.outcomes].map(([program, { leak, traced, truth }]) => {
      const guilty = traced.report.sites.filter(isGuilty);
      const [first] = guilty;
      const bytes = guilty.reduce((sum, site) => sum + site.bytesPerLoop, 0);
      return [
        program,
        traced.report.verdict,
        leak ? truth.toFixed(0) : '',
        leak ? bytes.toFixed(0) : '',
        leak ? String(guilty.length) : '',
        code(first?.path?.replace(/^local (\$\w+) of .* at \S+/, 'local $1')),
        code(this.loops.get(program)),
      ];
    });
    const head = [
      'program',
      'verdict',
      'bytes a loop',
      'charged',
      'lines',
      'held by (the first line)',
      'loop when none is named',
    ];
    return markdownTable(head, rows);
  }

  private costs(): string {
    const rows = [...this.outcomes].map(([program, { traced, untraced, seconds }]) => {
      const loops = loopRecords(traced.records);
      const ms = loops.reduce((sum, { durationNs }) => sum + durationNs, 0) / 1e6 / loops.length;
      const births = loops.reduce((sum, loop) => sum + loop.births, 0) / loops.length;
      const { droppedEvents } = traced.report.accounting;
      return [
        program,
        untraced === undefined ? '' : untraced.toFixed(0),
        untraced === undefined ? '' : (1000 / ms).toFixed(0),
        births.toFixed(0),
        String(droppedEvents),
        seconds.toFixed(1),
        traced.report.snapshot === null ? '' : traced.report.snapshot.pauseMs.toFixed(0),
      ];
    });
    const head = ['program', 'requests/s', 'traced', 'allocations a loop', 'lost', 'attach to report, s', 'pause, ms'];
    return markdownTable(head, rows);
  }
}

function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``;
}
