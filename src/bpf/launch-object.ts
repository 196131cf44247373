import { statSync } from 'node:fs';
import { attachRawTracepoint, closeObject, destroyLink, findMap, findProgram, globalsOf } from '../native/libbpf.js';
import { loadObjectFile } from './object-file.js';

/** Stops a process at each exec of its own, until it is released. @throws PhptraceError */
export function stopAtExec(pid: number): () => void {
  const object = loadObjectFile('launch.bpf.o', (opened) => {
    const { dev, ino } = statSync('/proc/self/ns/pid', { bigint: true });
    const launched = new DataView(globalsOf(findMap(opened, '.rodata.launched')));
    launched.setBigUint64(0, dev, true);
    launched.setBigUint64(8, ino, true);
    launched.setUint32(16, pid, true);
  });
  let link: bigint;
  try {
    link = attachRawTracepoint(findProgram(object, 'on_launched_exec'), 'sched_process_exec');
  } catch (error) {
    closeObject(object);
    throw error;
  }
  return () => {
    destroyLink(link);
    closeObject(object);
  };
}
