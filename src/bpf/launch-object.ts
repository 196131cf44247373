import { statSync } from 'node:fs';
import { attachRawTracepoint, attachUprobe, closeObject, destroyLink } from '../native/libbpf.js';
import { findMap, findProgram, globalsOf } from '../native/libbpf.js';
import type { BpfObject } from '../native/libbpf.js';
import { loadObjectFile } from './object-file.js';

/** Stops a process at each exec of its own, until it is released. @throws PhptraceError */
export function stopAtExec(pid: number): () => void {
  return stopWith(pid, (object) => attachRawTracepoint(findProgram(object, 'on_launched_exec'), 'sched_process_exec'));
}

/** Stops a process each time it comes to an instruction of a file, until it is released. @throws PhptraceError */
export function stopAtInstruction(pid: number, file: string, fileOffset: number): () => void {
  return stopWith(pid, (object) => attachUprobe(findProgram(object, 'on_launched_start'), pid, file, fileOffset));
}

function stopWith(pid: number, attach: (object: BpfObject) => bigint): () => void {
  const object = loadObjectFile('launch.bpf.o', (opened) => {
    const { dev, ino } = statSync('/proc/self/ns/pid', { bigint: true });
    const launched = new DataView(globalsOf(findMap(opened, '.rodata.launched')));
    launched.setBigUint64(0, dev, true);
    launched.setBigUint64(8, ino, true);
    launched.setUint32(16, pid, true);
  });
  let link: bigint;
  try {
    link = attach(object);
  } catch (error) {
    closeObject(object);
    throw error;
  }
  return () => {
    destroyLink(link);
    closeObject(object);
  };
}
