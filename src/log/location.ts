import { closeSync, constants, existsSync, fstatSync, lstatSync, mkdirSync } from 'node:fs';
import { openSync, readdirSync, readSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { PhptraceError } from '../errors.js';
import { LOG_SCHEMA } from '../trace/records.js';

/** A log that is open for writing. The one who gets it closes `fd`. */
export interface OpenLog {
  readonly file: string;
  readonly fd: number;
  /** Of a file that the user named: whether it held a log. It is emptied by the first write, and stays without one. */
  readonly isOld?: boolean;
  /** The directory, where it was made for this log. */
  readonly madeDirectory?: string;
}

/** What decides where logs go. */
export interface LogSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly home: string;
}

/**
 * Creates a new log for a trace of `pid` in the default directory, named after the pid and the time, mode 0600. A name
 * that exists is never opened, so nobody can lay a file or a link in the way. Throws a PhptraceError where the
 * directory cannot be used.
 */
export function createDefaultLog(pid: number, now: Date, surroundings = ownSurroundings()): OpenLog {
  const directory = defaultLogDirectory(surroundings);
  const isNew = prepareDirectory(directory, surroundings.uid);
  const stamp = now.toISOString().replace(/[-:.]/g, '');
  for (let attempt = 1; ; attempt++) {
    const file = join(directory, `${pid}-${stamp}${attempt === 1 ? '' : `-${attempt}`}.ndjson`);
    try {
      return { file, fd: openSync(file, NEW_FILE, 0o600), ...(isNew ? { madeDirectory: directory } : {}) };
    } catch (error) {
      if (errorCode(error) === 'EEXIST' && attempt < 100) continue;
      throw new PhptraceError(`cannot create the log ${file}: ${errorCode(error)}: name another one with --log FILE`);
    }
  }
}

/**
 * Opens the log that the user named. A file that is there is only overwritten, by the first write, where it is empty
 * or a log of ours. Throws a PhptraceError where it is something else, a link, or cannot be written.
 */
export function openNamedLog(file: string): OpenLog {
  const fd = openOrExplain(file);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new PhptraceError(`cannot log to ${file}: it is not a regular file: name another one`);
    if (stat.size > 0 && !beginsLikeALog(fd)) {
      throw new PhptraceError(
        `cannot log to ${file}: it is no phptrace log and would be overwritten: name another one`,
      );
    }
    return { file, fd, isOld: stat.size > 0 };
  } catch (error) {
    closeSync(fd);
    if (error instanceof PhptraceError) throw error;
    throw new PhptraceError(`cannot log to ${file}: ${errorCode(error)}: name another file with --log FILE`);
  }
}

/** Where logs go that the user did not name: `$XDG_STATE_HOME/phptrace`, for root `/var/lib/phptrace`. */
export function defaultLogDirectory(surroundings = ownSurroundings()): string {
  const { env, uid, home } = surroundings;
  const state = env['XDG_STATE_HOME'];
  // The XDG base directory specification has relative paths ignored.
  if (state !== undefined && isAbsolute(state)) return join(state, 'phptrace');
  return uid === 0 ? '/var/lib/phptrace' : join(home, '.local', 'state', 'phptrace');
}

/** The logs of the default directory, newest first. Empty where there is no such directory. */
export function defaultLogs(surroundings = ownSurroundings()): string[] {
  const directory = defaultLogDirectory(surroundings);
  if (!existsSync(directory)) return [];
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ndjson'))
      .map((entry) => join(directory, entry.name))
      .map((file) => ({ file, time: statSync(file).mtimeMs }))
      .sort((a, b) => b.time - a.time || b.file.localeCompare(a.file))
      .map(({ file }) => file);
  } catch (error) {
    throw new PhptraceError(`cannot read the log directory ${directory}: ${errorCode(error)}: name a log instead`);
  }
}

/** Whether an open file begins as a log of ours does, of this schema or an earlier one; later ones are left alone. */
export function beginsLikeALog(fd: number): boolean {
  const head = Buffer.alloc(LOG_BEGINNING.length + 8);
  const length = readSync(fd, head, 0, head.length, 0);
  const text = head.toString('latin1', 0, length);
  if (!text.startsWith(LOG_BEGINNING)) return false;
  const [schema] = /^\d+(?=,)/.exec(text.slice(LOG_BEGINNING.length)) ?? [];
  return schema !== undefined && Number(schema) <= LOG_SCHEMA;
}

/** `ENOENT` and the like, or the message of what is no system error. */
export function errorCode(error: unknown): string {
  if (error instanceof Error) return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  return String(error);
}

/** Writers put the header's members in this order; `beginsLikeALog` relies on it. */
export const LOG_BEGINNING = '{"type":"trace","schema":';

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** Non-blocking, so that a FIFO is refused and not waited for. */
const NAMED_FILE = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function ownSurroundings(): LogSurroundings {
  return { env: process.env, uid: process.geteuid?.() ?? -1, home: homedir() };
}

/** Returns whether the directory was missing. */
function prepareDirectory(directory: string, uid: number): boolean {
  let made: string | undefined;
  try {
    made = mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new PhptraceError(
      `cannot create the log directory ${directory}: ${errorCode(error)}: name a log with --log FILE`,
    );
  }
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o022) !== 0) {
    throw new PhptraceError(
      `will not log to ${directory}: it is a link, or others can write there: name a log with --log FILE`,
    );
  }
  return made !== undefined;
}

function openOrExplain(file: string): number {
  try {
    return openSync(file, NAMED_FILE, 0o600);
  } catch (error) {
    const code = errorCode(error);
    const why = code === 'ELOOP' ? 'it is a symbolic link' : code;
    throw new PhptraceError(`cannot log to ${file}: ${why}: name another file with --log FILE`);
  }
}
