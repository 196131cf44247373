import { findMap, globalsOf } from '../native/libbpf.js';
import type { BpfObject } from '../native/libbpf.js';
import { FOLLOWED } from './abi.js';

/** The thread whose events count: struct followed of probes/knobs.h. */
export interface KernelThread {
  /** 0: whichever comes. */
  readonly thread: number;
  /** The pid namespace that numbers it so; 0 for the kernel's first. */
  readonly namespaceDevice: bigint;
  readonly namespaceInode: bigint;
}

/** Tells the programs of an object that is not loaded yet. */
export function writeFollowed(opened: BpfObject, { thread, namespaceDevice, namespaceInode }: KernelThread): void {
  const view = new DataView(globalsOf(findMap(opened, '.rodata.followed')));
  view.setBigUint64(FOLLOWED.namespaceDevice, namespaceDevice, true);
  view.setBigUint64(FOLLOWED.namespaceInode, namespaceInode, true);
  view.setUint32(FOLLOWED.thread, thread, true);
}
