import { constants } from 'node:os';
import { SystemCallError, systemCall } from './libc.js';

const SYS_LSEEK = 8;
/** include/uapi/linux/fs.h. */
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/**
 * Where an open file has data from `start` up to `end`, in order: [start, end, start, end, …]. Memory shared by way of
 * a file without a name is such a file too: what no process has written yet is a hole. @throws SystemCallError
 */
export function dataRanges(fd: number, start: number, end: number): number[] {
  const ranges: number[] = [];
  for (let at = start; at < end;) {
    const data = seek(fd, at, SEEK_DATA);
    if (data === undefined || data >= end) break;
    at = Math.min(seek(fd, data, SEEK_HOLE) ?? end, end);
    ranges.push(data, at);
  }
  return ranges;
}

/** Undefined where nothing more comes. */
function seek(fd: number, offset: number, whence: number): number | undefined {
  try {
    return systemCall('lseek', SYS_LSEEK, fd, offset, whence);
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === constants.errno.ENXIO) return undefined;
    throw error;
  }
}
