import { columns } from './columns.js';
import { palette, printable } from './palette.js';
import type { ListedProcess, ProcessList } from './process-list.js';
import { readableSize, signedSize } from './readable-size.js';
import type { TextOptions } from './text.js';

const HEADS = ['PID', 'INNER', 'THREAD', 'PHP', 'SAPI', 'RSS', 'HEAP', 'GROWTH/MIN', 'CONTAINER', 'SCRIPT'];
const THREAD = HEADS.indexOf('THREAD');

/** The list as a table, with a newline at its end. */
export function renderProcessList(list: ProcessList, options: TextOptions): string {
  const { bold } = palette(options.color);
  const hasThreads = list.processes.some(({ thread }) => thread !== null);
  const lines = [HEADS, ...list.processes.map(cells)];
  const [head = '', ...rows] = columns(hasThreads ? lines : lines.map((line) => line.toSpliced(THREAD, 1)));
  const table = rows.length === 0 ? ['No PHP process was found.'] : [bold(head), ...rows];
  return `${[...table, ...list.notes.map((note) => `Note: ${printable(note)}.`)].join('\n')}\n`;
}

function cells(listed: ListedProcess): string[] {
  const { pid, innerPid, thread, php, sapi, rssBytes, heapBytes, growthPerMinute, container, script, unread } = listed;
  const heap = heapBytes === null ? '-' : readableSize(heapBytes);
  return [
    String(pid),
    innerPid === null ? '-' : String(innerPid),
    thread === null ? '-' : String(thread),
    php ?? '-',
    printable(sapi ?? '-'),
    readableSize(rssBytes),
    unread === null ? heap : `(${printable(unread)})`,
    growthPerMinute === null ? '-' : signedSize(growthPerMinute),
    printable(container ?? '-'),
    printable(script).slice(0, LONGEST_SCRIPT) || '-',
  ];
}

/** Longer titles are cut: who needs them whole takes JSON. */
const LONGEST_SCRIPT = 120;
