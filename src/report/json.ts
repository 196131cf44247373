import type { GroupReport } from './group-model.js';
import type { Report } from './model.js';

/** The report as JSON text with a newline at its end, without the loops one by one: those are in the log. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(shown(report), null, 2)}\n`;
}

/** The same of several processes. */
export function renderGroupJson(group: GroupReport): string {
  return `${JSON.stringify({ ...group, processes: group.processes.map(shown) }, null, 2)}\n`;
}

function shown(report: Report): Omit<Report, 'recentLoops'> {
  const rest: Omit<Report, 'recentLoops'> & { recentLoops?: unknown } = { ...report };
  delete rest.recentLoops;
  return rest;
}
