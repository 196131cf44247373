import koffi from 'koffi';
import { systemCall } from './libc.js';

/** System call number of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
const SYS_GET_ROBUST_LIST = 274;

/**
 * The address, in a thread's memory, of its list of robust mutexes: libc tells it to the kernel when it starts a thread.
 * 0 for a thread that libc did not start. The thread runs on. @throws SystemCallError: ESRCH where it has ended
 */
export function robustListOf(tid: number): number {
  const found = new BigUint64Array(2);
  const at = koffi.address(found.buffer);
  systemCall('get_robust_list', SYS_GET_ROBUST_LIST, tid, at, at + 8n);
  return Number(found[0] ?? 0n);
}
