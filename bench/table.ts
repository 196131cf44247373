/** One line of the table. A cell that does not apply is left out. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** What the same was compared with, and what that took. */
  readonly peer?: string;
  /** Ours to the peer's. */
  readonly ratio?: string;
  readonly goal?: string;
  /** Whether the goal is reached in this run. */
  readonly reached?: boolean;
}

const TITLES = ['what', 'phptrace', 'peer', 'ratio', 'goal', 'reached'] as const;

/** The rows as aligned plain text, each line ended. */
export function renderText(rows: readonly Row[]): string {
  const lines = [TITLES, ...rows.map(cells)];
  const widths = TITLES.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** The rows as a Markdown table, each line ended. */
export function renderMarkdown(rows: readonly Row[]): string {
  const lines = [TITLES, TITLES.map(() => '---'), ...rows.map(cells)];
  return lines.map((line) => `| ${line.join(' | ')} |\n`).join('');
}

function cells({ what, measured, peer = '', ratio = '', goal = '', reached }: Row): string[] {
  return [what, measured, peer, ratio, goal, reached === undefined ? '' : reached ? 'yes' : 'no'];
}
