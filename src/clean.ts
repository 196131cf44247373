import { closeSync, constants, fstatSync, openSync, unlinkSync } from 'node:fs';
import { PhptraceError } from './errors.js';
import { beginsLikeALog, defaultLogs, errorCode } from './log/location.js';

/**
 * Removes a log, or all logs of the default directory, and returns the files that are gone. Only files that begin as
 * our logs do are removed. Rejects with a PhptraceError where the named file is none, or a log cannot be removed.
 */
export async function clean(file?: string): Promise<string[]> {
  if (file === undefined) return defaultLogs().filter(isLog).map(remove);
  if (!isLog(file))
    throw new PhptraceError(`will not remove ${file}: it is no phptrace log, or one of a later version: name a log`);
  return [remove(file)];
}

/** An empty file, as a trace leaves that died at once, is a log too where its name is one that we gave. */
function isLog(file: string): boolean {
  let fd;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    const why = code === 'ELOOP' ? 'it is a symbolic link' : code;
    throw new PhptraceError(`cannot remove the log ${file}: ${why}: check the name and your rights`);
  }
  try {
    const stat = fstatSync(fd);
    return stat.isFile() && (beginsLikeALog(fd) || (stat.size === 0 && OUR_NAME.test(file)));
  } finally {
    closeSync(fd);
  }
}

function remove(file: string): string {
  try {
    unlinkSync(file);
  } catch (error) {
    throw new PhptraceError(`cannot remove the log ${file}: ${errorCode(error)}: check your rights`);
  }
  return file;
}

/** As `createDefaultLog` names files. */
const OUR_NAME = /\/\d+-\d{8}T\d{9}Z(-\d+)?\.ndjson$/;
