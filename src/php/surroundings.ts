import { readFileSync, readlinkSync } from 'node:fs';
import { namespacePids } from './namespaces.js';
import { PAGE_BYTES } from '../native/page.js';

/** Where a process lives, as /proc tells it. */
export interface Surroundings {
  /** Its pid in the innermost pid namespace; null where that is ours. */
  readonly innerPid: number | null;
  /** The container: its id in 12 digits, its name, or the number of its pid namespace; null outside of one. */
  readonly container: string | null;
  readonly rssBytes: number;
}

/** Docker, Podman, containerd and CRI-O name a cgroup after the container's id. */
const CONTAINER_ID = /(?:^|[/:-])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/m;
/** LXC and systemd-machined name it after the container. */
const CONTAINER_NAME =
  /\/(?:lxc(?:\.payload)?[/.]|machine-|machine\.slice\/(?:machine-)?)([^/\n]+?)(?:\.scope|\.service)?(?:\/|$)/m;

/** @throws where the process is gone */
export function surroundingsOf(pid: number): Surroundings {
  const read = (name: string): string => readFileSync(`/proc/${String(pid)}/${name}`, 'utf8');
  const [, ...inner] = namespacePids(read('status'));
  const innerPid = inner.at(-1) ?? null;
  return {
    innerPid,
    container: containerIn(read('cgroup')) ?? (innerPid === null ? null : pidNamespace(pid)),
    rssBytes: Number(read('statm').split(' ')[1]) * PAGE_BYTES,
  };
}

/** The container that a process's cgroups are named after. */
export function containerIn(cgroups: string): string | null {
  return CONTAINER_ID.exec(cgroups)?.[1]?.slice(0, 12) ?? CONTAINER_NAME.exec(cgroups)?.[1] ?? null;
}

function pidNamespace(pid: number): string | null {
  try {
    return /\d+/.exec(readlinkSync(`/proc/${String(pid)}/ns/pid`))?.[0] ?? null;
  } catch {
    return null;
  }
}
