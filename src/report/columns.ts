/** Rows with their cells under each other: all but the last one right-aligned, two blanks between, two before. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, at) => (at === count - 1 ? cell : cell.padStart(widths[at]!))).join('  ')}`.trimEnd(),
  );
}
