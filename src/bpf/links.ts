import { missingCapabilities, wayToRights } from '../native/capabilities.js';
import { SystemCallError, closeFd, closeFdsInParallel } from '../native/libc.js';
import { createPerfLink, createUprobeMultiLink, openUprobeEvent, openWatchpointEvent } from '../native/kernel-links.js';
import type { ProbePoint } from '../native/kernel-links.js';
import { attachRawTracepoint, destroyLink } from '../native/libbpf.js';
import { PhptraceError } from '../errors.js';
import { encodeCookie } from './abi.js';
import type { Cookie } from './abi.js';
import type { TraceObject, UprobeProgram } from './trace-object.js';

/** The kernel has no uprobe_multi links; perf links do the same. */
export class MissingUprobeMulti extends PhptraceError {}

/** A place in a file of the traced process where a program is to run. */
export interface Probe {
  readonly program: UprobeProgram;
  readonly fileOffset: number;
  readonly cookie: Cookie;
}

/** What is attached; `detach` takes all of it off. */
export interface Attachment {
  detach(): Promise<void>;
}

export type LinkKind = 'multi' | 'perf';

/**
 * Attaches every probe to one process's mapping of a file. `multi` needs kernel 6.6 and programs loaded for it; it
 * takes one link a program, `perf` one a place. @throws PhptraceError; nothing stays attached then
 */
export function attachUprobes(
  object: TraceObject,
  kind: LinkKind,
  file: string,
  pid: number,
  probes: readonly Probe[],
): Attachment {
  const fds: number[] = [];
  try {
    for (const [program, points] of groupByProgram(probes)) {
      if (kind === 'multi') {
        fds.push(createUprobeMultiLink(object.programFd(program), file, pid, points));
        continue;
      }
      for (const point of points) {
        const event = openUprobeEvent(file, pid, point.fileOffset);
        fds.push(event);
        fds.push(createPerfLink(object.programFd(program), event, point.cookie));
      }
    }
  } catch (error) {
    for (const fd of fds) closeFd(fd);
    const refused = error instanceof SystemCallError && ['EINVAL', 'EOPNOTSUPP'].includes(error.errnoName);
    if (kind === 'multi' && refused) throw new MissingUprobeMulti('this kernel has no uprobe_multi links');
    throw explainAttachFailure(error, kind, file, pid);
  }
  return { detach: () => closeFdsInParallel(fds) };
}

/** A hardware watchpoint on the opline of a hook, 8 bytes of the process. @throws PhptraceError where there are none left, or none at all */
export function attachWatchpoint(object: TraceObject, pid: number, address: number, hook: number): Attachment {
  let fd: number;
  try {
    fd = openWatchpointEvent(pid, address);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    const why = error.errnoName === 'ENOSPC' ? 'all four are taken' : error.errnoName;
    throw new PhptraceError(`no hardware watchpoint for process ${String(pid)}: ${why}`);
  }
  try {
    const link = createPerfLink(object.programFd('on_watchpoint'), fd, BigInt(hook));
    return { detach: () => closeFdsInParallel([link, fd]) };
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** Hears of the process's forks, execs and exit. @throws PhptraceError */
export function attachProcessEvents(object: TraceObject): Attachment {
  const links: bigint[] = [];
  const detach = (): Promise<void> => {
    for (const link of links) destroyLink(link);
    return Promise.resolve();
  };
  try {
    for (const change of ['fork', 'exec', 'exit'] as const) {
      links.push(attachRawTracepoint(object.program(`on_${change}`), `sched_process_${change}`));
    }
  } catch (error) {
    void detach();
    throw error;
  }
  return { detach };
}

function groupByProgram(probes: readonly Probe[]): Map<UprobeProgram, ProbePoint[]> {
  const groups = new Map<UprobeProgram, ProbePoint[]>();
  for (const { program, fileOffset, cookie } of probes) {
    const points = groups.get(program) ?? [];
    points.push({ fileOffset, cookie: encodeCookie(cookie) });
    groups.set(program, points);
  }
  return groups;
}

function explainAttachFailure(error: unknown, kind: LinkKind, file: string, pid: number): unknown {
  if (!(error instanceof SystemCallError)) return error;
  const ways: Record<string, () => string> = {
    EPERM: () => rightsFor(kind),
    EACCES: () => rightsFor(kind),
    ESRCH: () => 'the process has gone',
    ENOENT: () => 'the file has gone',
  };
  const way = ways[error.errnoName];
  const text = `cannot attach probes to ${file} of process ${String(pid)}: ${error.message}`;
  return new PhptraceError(way === undefined ? text : `${text}: ${way()}`);
}

/** Linux 6.16, and older ones with its fix, let nobody but CAP_SYS_ADMIN open a uprobe as a perf event. */
function rightsFor(kind: LinkKind): string {
  const usual = ['CAP_BPF', 'CAP_PERFMON'] as const;
  return kind === 'perf' && missingCapabilities(usual).length === 0
    ? wayToRights('CAP_SYS_ADMIN')
    : wayToRights(...usual);
}
