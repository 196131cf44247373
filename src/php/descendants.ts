import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { PhptraceError } from '../errors.js';
import { processState } from './process.js';

/** Children of a process, in no order; none where it is gone. */
export function childrenOf(pid: number): number[] {
  const tasks = `/proc/${String(pid)}/task`;
  try {
    return readdirSync(tasks).flatMap((task) => numbersIn(`${tasks}/${task}/children`));
  } catch {
    return [];
  }
}

/**
 * True where a process may be waiting (vfork) for a child that has its memory until it runs another program: such a
 * child looks like a worker.
 */
export function maySpawn(pid: number): boolean {
  return processState(pid) === 'D';
}

/** The nearest processes below one that are looked for: others, as a shell, may stand between. */
export function* nearestBelow(pid: number, isWanted: (pid: number) => boolean): Generator<number> {
  if (maySpawn(pid)) return;
  for (const child of childrenOf(pid)) {
    if (isWanted(child)) yield child;
    else yield* nearestBelow(child, isWanted);
  }
}

/** @throws PhptraceError where the kernel does not tell children */
export function checkChildren(): void {
  if (existsSync(`/proc/self/task/${String(process.pid)}/children`)) return;
  throw new PhptraceError(
    '--children: this kernel does not list children (CONFIG_PROC_CHILDREN is off): name the pids of the workers instead',
  );
}

/** A thread may end between two looks. */
function numbersIn(file: string): number[] {
  try {
    return readFileSync(file, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
