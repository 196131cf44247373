import { readFileSync } from 'node:fs';
import { PhptraceError } from '../errors.js';
import { wayToRights } from '../native/capabilities.js';

/** One line of /proc/<pid>/maps (Documentation/filesystems/proc.rst). */
export interface Mapped {
  readonly start: number;
  readonly end: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  /** Writes go to what is mapped, and other processes may see them. */
  readonly shared: boolean;
  readonly offset: number;
  readonly inode: number;
  readonly path: string;
}

const LINE = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) \S+ (\d+) *(.*)$/;

/** What a process has mapped, in order of address. @throws PhptraceError where the process is gone or forbidden */
export function readMaps(pid: number): Mapped[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/maps`, 'utf8');
  } catch (error) {
    throw explainProc(error, pid);
  }
  return parseMaps(text);
}

/** Lines that are not of the kernel's form are left out. */
export function parseMaps(text: string): Mapped[] {
  const mapped: Mapped[] = [];
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (!match) continue;
    const [, start = '', end = '', permissions = '', offset = '', inode = '', path = ''] = match;
    mapped.push({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      readable: permissions.startsWith('r'),
      writable: permissions.includes('w'),
      executable: permissions.includes('x'),
      shared: permissions.endsWith('s'),
      offset: Number.parseInt(offset, 16),
      inode: Number.parseInt(inode, 10),
      path,
    });
  }
  return mapped;
}

/** The error for a failed read under /proc/<pid>. */
export function explainProc(error: unknown, pid: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ESRCH') {
    return new PhptraceError(`no process ${String(pid)}: \`phptrace ps\` lists those that run PHP`);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const name = nameOf(pid);
    const hint = /^php/i.test(name) ? '' : '; `phptrace ps` lists the processes that are PHP';
    const way = `${wayToRights('CAP_SYS_PTRACE')}${hint}`;
    return new PhptraceError(`cannot look into process ${String(pid)} (${name}): ${code}: ${way}`);
  }
  return error;
}

/** As everybody may read it: `systemd`. */
function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/comm`, 'utf8').trim();
  } catch {
    return 'gone';
  }
}
