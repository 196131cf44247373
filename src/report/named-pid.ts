/** `pid 4711`, or `pid 4711 (7 in its container)` for a process that has another pid for itself. */
export function namedPid({ pid, innerPid }: { readonly pid: number; readonly innerPid?: number | undefined }): string {
  return innerPid === undefined ? `pid ${String(pid)}` : `pid ${String(pid)} (${String(innerPid)} in its container)`;
}
