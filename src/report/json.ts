import type { Report } from './model.js';

/** The report as JSON text with a newline at its end, without the loops one by one: those are in the log. */
export function renderJson(report: Report): string {
  const shown: Omit<Report, 'recentLoops'> & { recentLoops?: unknown } = { ...report };
  delete shown.recentLoops;
  return `${JSON.stringify(shown, null, 2)}\n`;
}
