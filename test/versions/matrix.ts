import { readFileSync, writeFileSync } from 'node:fs';

/** What became of one program under one PHP; `skipped` carries its reason. */
export type Outcome = 'passed' | 'failed' | { readonly skipped: string };

/** The lines of a document between which a table stands; the first names the target that makes it. */
const begin = (target: string): string => `<!-- the table: made by \`make ${target}\` -->`;
const END = '<!-- end of the table -->';

/** Outcomes by program and PHP. */
export class Matrix {
  private readonly rows = new Map<string, Map<string, Outcome>>();

  /**
   * @param columns the PHPs, in the order of the table
   * @param target of the Makefile that writes it
   */
  constructor(
    private readonly columns: readonly string[],
    private readonly target: string,
  ) {}

  set(program: string, php: string, outcome: Outcome): void {
    const row = this.rows.get(program) ?? new Map<string, Outcome>();
    this.rows.set(program, row.set(php, outcome));
  }

  /** A Markdown table, a program a row, and below it the reasons for what was left out. What did not run is empty. */
  render(): string {
    const reasons: string[] = [];
    const cell = (outcome: Outcome | undefined): string => {
      if (outcome === undefined) return '';
      if (typeof outcome === 'string') return outcome === 'passed' ? 'yes' : '**no**';
      if (!reasons.includes(outcome.skipped)) reasons.push(outcome.skipped);
      return `(${String(reasons.indexOf(outcome.skipped) + 1)})`;
    };
    const rows = [...this.rows]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([program, row]) => [program, ...this.columns.map((php) => cell(row.get(php)))]);
    const notes = reasons.map((reason, index) => `(${String(index + 1)}) ${reason}`);
    return [markdownTable(['', ...this.columns], rows), ...notes].join('\n\n') + '\n';
  }

  /** Puts the table where a document has its place for it. Throws where it has none, or not everything has run. */
  writeInto(file: string): void {
    const isWhole = [...this.rows.values()].every((row) => this.columns.every((php) => row.has(php)));
    if (!isWhole) throw new Error(`${file} keeps its table: this run was not of every program under every PHP`);
    const text = readFileSync(file, 'utf8');
    const head = begin(this.target);
    const at = text.indexOf(head);
    const end = text.indexOf(END, at);
    if (at === -1 || end === -1) throw new Error(`${file} has no place for the table: ${head} … ${END}`);
    writeFileSync(file, `${text.slice(0, at)}${head}\n\n${this.render()}\n${text.slice(end)}`);
  }
}

/** A Markdown table, padded as prettier has it. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((text, column) => Math.max(3, text.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
