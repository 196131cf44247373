import { isGuilty } from '../leaks/judged-site.js';
import { mean } from '../leaks/statistics.js';
import type { MergedReport } from './group-model.js';
import type { OutsideMemory, Report } from './model.js';
import { namedPids } from './named-pid.js';
import { printable } from './palette.js';

/** What the head of a report adds where memory outside of PHP's heap grows, with a space before it; else empty. */
export function outsideHead({ outside }: Report): string {
  return outside?.grows === true
    ? ` Outside of PHP's heap memory grows by about ${perLoop(outside)} bytes a loop.`
    : '';
}

/** The same for several processes. */
export function mergedOutsideHead({ outside }: MergedReport): string {
  if (outside.length === 0) return '';
  const bytesPerLoop = mean(outside.map((of) => of.bytesPerLoop));
  return ` Outside of PHP's heap memory grows by about ${perLoop({ bytesPerLoop })} bytes a loop in ${namedPids(outside)}.`;
}

/** How memory outside of PHP's heap grows and what to do next; empty where it does not. */
export function outsideLines({ pid, outside, hooks, sites }: Report): string[] {
  if (outside?.grows !== true) return [];
  const isBesides = sites.some(({ verdict }) => isGuilty(verdict));
  const { bytes, loops, rates, loop } = outside;
  return [
    `Outside of PHP's heap: about ${perLoop(outside)} bytes a loop${hooks.length > 1 ? ` (loop ${printable(loop)})` : ''}`,
    `  ${bytes} bytes over ${loops} loops, up to the end of the trace`,
    `  bytes a loop by parts of the trace: ${rates.map(Math.round).join(', ')}`,
    '  no line of PHP can be named: PHP itself, an extension or a library has it by malloc or mmap and keeps it, or fills',
    `  a cache with it${isBesides ? '; objects that the lines above keep (DOM, curl, PDO) have memory there too' : ''}`,
    `  the native code that takes it: sudo memleak-bpfcc -p ${pid}, or heaptrack -p ${pid}`,
  ];
}

function perLoop({ bytesPerLoop }: Pick<OutsideMemory, 'bytesPerLoop'>): string {
  return String(Math.round(bytesPerLoop));
}
