import { attachRawTracepoint, closeObject, destroyLink, findMap, findProgram, globalsOf } from '../native/libbpf.js';
import { loadObjectFile } from './object-file.js';

/** Stops a process at each exec of its own, until it is released. @throws PhptraceError */
export function stopAtExec(pid: number): () => void {
  const object = loadObjectFile('launch.bpf.o', (opened) => {
    new DataView(globalsOf(findMap(opened, '.rodata.pid'))).setUint32(0, pid, true);
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
