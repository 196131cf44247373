import { isGuilty } from '../leaks/judged-site.js';
import type { Fill } from '../leaks/judged-site.js';
import type { ReportedArray } from './model.js';
import { printable } from './palette.js';
import type { Palette } from './palette.js';
import { amount, counted } from './words.js';

/** Arrays that a report tells of, before there are more. */
const MOST_TOLD = 10;

/** What arrays that get longer come to, where some leak: `1 array gets longer by 40 bytes a loop`. */
export function arraySum(arrays: readonly Pick<ReportedArray, 'verdict' | 'bytesPerLoop'>[]): string[] {
  const leaks = arrays.filter(({ verdict }) => isGuilty(verdict));
  if (leaks.length === 0) return [];
  const bytes = leaks.reduce((sum, { bytesPerLoop }) => sum + bytesPerLoop, 0);
  return [`${counted(leaks.length, 'array gets', 'arrays get')} longer by ${amount(bytes)} bytes a loop`];
}

/** The arrays that leak, each with an empty line before it. */
export function arrayLines(arrays: readonly ReportedArray[], several: boolean, { red }: Palette): string[] {
  const leaks = arrays.filter(({ verdict }) => isGuilty(verdict));
  const told = leaks
    .slice(0, MOST_TOLD)
    .flatMap((array) => [
      '',
      `${nameOf(array)}${several ? ` (loop ${printable(array.loop)})` : ''}`,
      `  ${red(amount(array.bytesPerLoop))} bytes a loop in the long run: it gets longer by ${fillText(array)}`,
      `  got longer at ${counted(array.evidence.grewInLoops, 'look', 'looks')} in ${array.evidence.loops} loops; none of ` +
        'its new elements has memory of its own',
      '  its line was not seen: elements come too seldom, or in a way that is not watched',
    ]);
  return leaks.length <= MOST_TOLD ? told : [...told, '', `… and ${leaks.length - MOST_TOLD} arrays more`];
}

/** Those that are not decided, a line each. */
export function pendingArrayLines(arrays: readonly ReportedArray[]): string[] {
  return arrays
    .filter(({ verdict }) => verdict === 'pending')
    .slice(0, MOST_TOLD)
    .map(
      (array) =>
        `Not decided: ${nameOf(array)} has got longer at ${counted(array.evidence.grewInLoops, 'look', 'looks')} and has ` +
        `${array.elements} elements; about ${counted(array.evidence.moreLoops ?? 1, 'loop', 'loops')} more would tell`,
    );
}

/** `it makes an array longer, by 1 element a loop, …`, of several the fastest. */
export function fillsText(fill: Fill): string {
  if (fill.arrays === 1) return `it makes an array longer, by ${fillText(fill)}`;
  return `it makes ${fill.arrays} arrays longer, the one that gets most by ${fillText(fill)}`;
}

/** `1 element a loop, and has 5603 of 8192, so that it doubles in about 2589 loops`. */
function fillText({ elements, capacity, elementsPerLoop }: Fill): string {
  const loops = Math.max(1, Math.round((capacity - elements) / elementsPerLoop));
  return `${paceText(elementsPerLoop)}, and has ${elements} of ${capacity}, so that it doubles in about ${counted(loops, 'loop', 'loops')}`;
}

/** Elements a loop, or loops an element, whole where they nearly are. */
function paceText(elementsPerLoop: number): string {
  if (elementsPerLoop < ABOUT_ONE) return `1 element in ${counted(Math.round(1 / elementsPerLoop), 'loop', 'loops')}`;
  const whole = Math.round(elementsPerLoop);
  const pace = Math.abs(elementsPerLoop - whole) < NEARLY * whole ? whole : elementsPerLoop;
  return `${amount(pace)} ${pace === 1 ? 'element' : 'elements'} a loop`;
}

const ABOUT_ONE = 0.7;
const NEARLY = 0.02;

function nameOf({ path }: ReportedArray): string {
  return path === null ? 'an array whose holder is not known' : `the array ${printable(path)}`;
}
