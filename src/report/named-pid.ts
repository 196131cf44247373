/** What was looked at: a process, or one thread of it. */
export interface Tracee {
  readonly pid: number;
  readonly thread?: number | undefined;
}

/** `pid 4711`, `pid 4711 (7 in its container)` for a process that has another pid for itself, `pid 4711, thread 4713`. */
export function namedPid({ pid, innerPid, thread }: Tracee & { readonly innerPid?: number | undefined }): string {
  const inner = innerPid === undefined ? '' : ` (${String(innerPid)} in its container)`;
  return `pid ${String(pid)}${inner}${thread === undefined ? '' : `, thread ${String(thread)}`}`;
}

/** The same in a sentence: `process 812`, `thread 814 of process 812`. */
export function namedProcess({ pid, thread }: Tracee): string {
  return thread === undefined ? `process ${String(pid)}` : `thread ${String(thread)} of process ${String(pid)}`;
}

/** `pid 812, 813`; of threads `pid 812 (threads 814, 815)`; `-` for none. */
export function namedPids(tracees: readonly Tracee[]): string {
  const threads = new Map<number, number[]>();
  for (const { pid, thread } of tracees) {
    const known = threads.get(pid) ?? [];
    threads.set(pid, thread === undefined ? known : [...known, thread]);
  }
  if (threads.size === 0) return 'pid -';
  const named = [...threads].map(([pid, tids]) => {
    return tids.length === 0
      ? String(pid)
      : `${String(pid)} (${tids.length === 1 ? 'thread' : 'threads'} ${tids.join(', ')})`;
  });
  return `pid ${named.join(', ')}`;
}

/** Members of an object that says which one it is. */
export function traceeOf({ pid, thread }: Tracee): Tracee {
  return thread === undefined ? { pid } : { pid, thread };
}

/** No other process and no other thread of the machine has the number. */
export function numberOf({ pid, thread }: Tracee): number {
  return thread ?? pid;
}
