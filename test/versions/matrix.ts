/** What became of one program under one PHP. `skipped` carries its reason. */
export type Outcome = 'passed' | 'failed' | { readonly skipped: string };

/** Outcomes by program and PHP, in the order in which they first come. */
export class Matrix {
  private readonly rows = new Map<string, Map<string, Outcome>>();
  private readonly columns = new Set<string>();

  set(program: string, php: string, outcome: Outcome): void {
    const row = this.rows.get(program) ?? new Map<string, Outcome>();
    this.rows.set(program, row.set(php, outcome));
    this.columns.add(php);
  }

  /** A Markdown table, a program a row, and below it the reasons for what was left out. */
  render(): string {
    const columns = [...this.columns];
    const reasons = new Map<string, number>();
    const cell = (outcome: Outcome | undefined): string => {
      if (outcome === undefined) return '';
      if (typeof outcome === 'string') return outcome === 'passed' ? 'yes' : '**no**';
      const number = reasons.get(outcome.skipped) ?? reasons.size + 1;
      reasons.set(outcome.skipped, number);
      return `(${String(number)})`;
    };
    const rows = [...this.rows].map(([program, row]) => [program, ...columns.map((php) => cell(row.get(php)))]);
    const notes = [...reasons].map(([reason, number]) => `(${String(number)}) ${reason}`);
    return [table(['', ...columns], rows), ...notes].join('\n\n') + '\n';
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((text, column) =>
    Math.max(3, text.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
