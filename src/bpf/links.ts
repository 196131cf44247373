import { missingCapabilities, wayToRights } from '../native/capabilities.js';
import { SystemCallError, closeFd, closeFdsInParallel } from '../native/libc.js';
import { createPerfLink, createUprobeMultiLink, openUprobeEvent } from '../native/kernel-links.js';
import type { ProbePoint } from '../native/kernel-links.js';
import { MULTI_SINCE, isKernelSince } from '../native/kernel-version.js';
import type { KernelVersion } from '../native/kernel-version.js';
import { openWatchpoint } from '../native/watchpoints.js';
import { attachRawTracepoint, destroyLink } from '../native/libbpf.js';
import { PhptraceError } from '../errors.js';
import { encodeCookie } from './abi.js';
import type { Cookie } from './abi.js';
import type { TraceObject, UprobeProgram } from './trace-object.js';

/** The kernel has no uprobe_multi links; perf links do the same. */
export class MissingUprobeMulti extends PhptraceError {}

/** A place in a file of the traced process where a program is to run. */
export interface Probe<Program extends string = UprobeProgram> {
  readonly program: Program;
  readonly fileOffset: number;
  readonly cookie: Cookie;
}

/** A loaded object, by the names of its programs. */
export interface LoadedPrograms<Program extends string> {
  programFd(program: Program): number;
}

/** What is attached; `detach` takes all of it off. */
export interface Attachment {
  detach(): Promise<void>;
}

export type LinkKind = 'multi' | 'perf';

/** Before, but for stable releases with the fix, such a link hits in one thread only. */
const MULTI_IN_THREADS_SINCE: KernelVersion = [6, 10];

/**
 * Loads and attaches by the best links that the kernel has, or those asked for.
 * @param inThread whether the hits of another thread than the main one count
 * @throws what `attach` throws
 */
export function withLinks<Attached>(
  links: 'auto' | LinkKind,
  inThread: boolean,
  attach: (links: LinkKind) => Attached,
): Attached {
  if (links !== 'auto') return attach(links);
  if (!isKernelSince(inThread ? MULTI_IN_THREADS_SINCE : MULTI_SINCE)) return attach('perf');
  try {
    return attach('multi');
  } catch (error) {
    if (!(error instanceof MissingUprobeMulti)) throw error;
    return attach('perf');
  }
}

/**
 * Attaches every probe to one process's mapping of a file. `multi` needs kernel 6.6 and programs loaded for it; it
 * takes one link a program, `perf` one a place. @throws PhptraceError; nothing stays attached then
 */
export function attachUprobes<Program extends string>(
  object: LoadedPrograms<Program>,
  kind: LinkKind,
  file: string,
  pid: number,
  probes: readonly Probe<Program>[],
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

/** A hardware watchpoint on the opline of a hook, 8 bytes of the process. @throws PhptraceError where there is none */
export function attachWatchpoint(object: TraceObject, pid: number, address: number, hook: number): Attachment {
  const fd = openWatchpoint(pid, address);
  try {
    const link = createPerfLink(object.programFd('on_watchpoint'), fd, BigInt(hook));
    return { detach: () => closeFdsInParallel([link, fd]) };
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

const PROCESS_EVENTS = [
  ['on_fork', 'task_newtask'],
  ['on_exec', 'sched_process_exec'],
  ['on_exit', 'sched_process_exit'],
] as const;

/** Hears of the process's forks, execs and exit. @throws PhptraceError */
export function attachProcessEvents(object: TraceObject): Attachment {
  const links: bigint[] = [];
  const detach = (): Promise<void> => {
    for (const link of links) destroyLink(link);
    return Promise.resolve();
  };
  try {
    for (const [program, tracepoint] of PROCESS_EVENTS) {
      links.push(attachRawTracepoint(object.program(program), tracepoint));
    }
  } catch (error) {
    void detach();
    throw error;
  }
  return { detach };
}

function groupByProgram<Program extends string>(probes: readonly Probe<Program>[]): Map<Program, ProbePoint[]> {
  const groups = new Map<Program, ProbePoint[]>();
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
    ENOENT: () => 'the process has ended, or its file has gone',
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
