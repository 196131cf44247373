import { release } from 'node:os';

/** A kernel's major and minor version. */
export type KernelVersion = readonly [major: number, minor: number];

/** The first kernel with links of many uprobes. */
export const MULTI_SINCE: KernelVersion = [6, 6];

export function isKernelSince([major, minor]: KernelVersion): boolean {
  const [ours = 0, oursMinor = 0] = release().split('.').map(Number);
  return ours > major || (ours === major && oursMinor >= minor);
}
