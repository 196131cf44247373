import { isGuilty } from '../leaks/judged-site.js';
import type { GroupReport, MergedReport, MergedSite } from './group-model.js';
import { namedPid, namedPids, numberOf } from './named-pid.js';
import type { Tracee } from './named-pid.js';
import { mergedOutsideHead } from './outside-text.js';
import { palette, place, printable, type Palette } from './palette.js';
import { leakSums, summaryLines, typesOf, where } from './summary.js';
import type { TextOptions } from './text.js';
import { amount, counted } from './words.js';
import { arrayLines } from './array-text.js';

/**
 * The reports of several processes for a person, with a newline at its end: a summary of each, then what they show
 * together. Loops one by one are in the logs.
 */
export function renderGroupText({ processes, merged }: GroupReport, options: TextOptions): string {
  const colors = palette(options.color);
  const each = processes.map((report) => summaryLines(report, colors).join('\n'));
  return `${[...each, mergedLines(merged, colors).join('\n')].join('\n\n')}\n`;
}

function mergedLines(merged: MergedReport, colors: Palette): string[] {
  const { verdict, judged, short, untraced, sites, loops, notes } = merged;
  const leaks = sites.filter((site) => isGuilty(site.verdict));
  const pending = sites.filter((site) => site.verdict === 'pending');
  const nouns = nounsOf(judged);
  const heads = {
    leak: `LEAK in ${counted(judged.length, ...nouns)} together: ${leakSums(leaks, merged.arrays)}.`,
    clean: `NO LEAK${merged.outside.length > 0 ? " in PHP's heap" : ''} in ${counted(judged.length, ...nouns)} together: nothing accumulates from loop to loop.`,
    unknown: `CANNOT TELL for the ${nouns[1]} together: ${printable(merged.verdictReason ?? 'too little was seen')}.`,
  };
  return [
    colors.bold(`${heads[verdict]}${mergedOutsideHead(merged)}`),
    `${loops.settled} loops judged, of ${namedPids(judged)}; after ${loops.warmup} of warm-up in each.`,
    ...leaks.flatMap((site) => ['', ...leakLines(site, judged, colors)]),
    ...arrayLines(merged.arrays, true, colors),
    ...pending.map((site) => `Not decided: ${placed(site)}: ${site.bytes} bytes in ${inProcesses(site, judged)}`),
    ...(short.length === 0 ? [] : [`Too few loops to say anything: ${namedPids(short)}.`]),
    ...untraced.map((one) => `Not traced: ${namedPid(one)}: ${printable(one.reason)}`),
    ...notes.map((note) => `Note: ${printable(note)}`),
  ];
}

function leakLines(site: MergedSite, judged: readonly Tracee[], { red }: Palette): string[] {
  const { holder, path, app } = site;
  return [
    placed(site),
    `  ${red(amount(site.bytesPerLoop))} bytes a loop in the mean; ${site.bytes} bytes in ` +
      `${counted(site.blocks, 'block', 'blocks')} of ${inProcesses(site, judged)}`,
    `  by ${nounsOf(judged)[0]}: ${site.processes.map((at) => `${numberOf(at)} ${at.verdict} ${amount(at.bytesPerLoop)}`).join(', ')}`,
    ...(site.judgedTogether
      ? [`  decided by the loops of all ${nounsOf(judged)[1]} side by side: one alone had too few`]
      : []),
    ...(holder === null || path === null ? [] : [`  held by ${printable(path)}${typesOf(site)}`]),
    ...(app.file === site.file && app.line === site.line ? [] : [`  called from ${place(app)}`]),
  ];
}

function inProcesses({ processes }: MergedSite, judged: readonly Tracee[]): string {
  return `${String(processes.length)} of ${counted(judged.length, ...nounsOf(judged))}`;
}

/** What they are, one and several. */
function nounsOf(tracees: readonly Tracee[]): readonly [string, string] {
  const threads = tracees.filter(({ thread }) => thread !== undefined).length;
  if (threads === 0) return ['process', 'processes'];
  return threads === tracees.length ? ['thread', 'threads'] : ['process or thread', 'processes and threads'];
}

function placed(site: MergedSite): string {
  return `${where(site)} (loop ${printable(site.loop)})${site.outside ? ' (outside the loop)' : ''}`;
}
