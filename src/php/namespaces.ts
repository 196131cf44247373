import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { explainProc } from './maps.js';

/** PROC_PID_INIT_INO (include/linux/proc_ns.h): the pid namespace that the machine booted with. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

/**
 * The pid that a process has for itself, in a container another one than outside. Undefined where it is the same, or the
 * process is gone.
 */
export function innerPid(pid: number): number | undefined {
  try {
    return innermostPid(readFileSync(`/proc/${String(pid)}/status`, 'latin1'), pid);
  } catch {
    return undefined;
  }
}

export function innermostPid(status: string, pid: number): number | undefined {
  const inner = namespacePids(status).at(-1);
  return inner === pid ? undefined : inner;
}

/** The number that a thread has in its own pid namespace. @throws PhptraceError where it is gone */
export function innerTid(pid: number, tid: number): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/task/${String(tid)}/status`, 'latin1');
    return innermostPid(status, tid) ?? tid;
  } catch (error) {
    throw explainProc(error, pid);
  }
}

/** Device and inode of the pid namespace that a process is in. @throws PhptraceError where it is gone */
export function pidNamespace(pid: number): { readonly namespaceDevice: bigint; readonly namespaceInode: bigint } {
  try {
    const { dev, ino } = statSync(`/proc/${String(pid)}/ns/pid`, { bigint: true });
    return { namespaceDevice: dev, namespaceInode: ino };
  } catch (error) {
    throw explainProc(error, pid);
  }
}

/** By the NSpid line of a /proc/<pid>/status: the pids from the reader's namespace inwards (proc.rst). */
export function namespacePids(status: string): number[] {
  return /^NSpid:\s*([\d\s]*\d)\s*$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
}

/** True where pids of this process are those that the kernel programs see. */
export function sharesKernelPids(): boolean {
  return readlinkSync('/proc/self/ns/pid') === FIRST_PID_NAMESPACE;
}
