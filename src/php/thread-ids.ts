import { readdirSync } from 'node:fs';
import { explainProc } from './maps.js';

/** The threads that a process has now, in no order. @throws PhptraceError where it is gone, or not ours to look into */
export function threadIds(pid: number): number[] {
  try {
    return readdirSync(`/proc/${String(pid)}/task`).map(Number);
  } catch (error) {
    throw explainProc(error, pid);
  }
}
