import { InvalidArgumentError } from 'commander';

/** A process id. Linux hands out none above 4194304 (PID_MAX_LIMIT, include/linux/threads.h). */
export function parsePid(text: string): number {
  const pid = wholeNumber(text);
  if (pid === undefined || pid < 1 || pid > 4_194_304) {
    throw new InvalidArgumentError('Give the number of a process; `phptrace ps` lists those that run PHP.');
  }
  return pid;
}

/** A thread's id, which is of the same kind as a process's. */
export function parseThread(text: string): number {
  const tid = wholeNumber(text);
  if (tid === undefined || tid < 1 || tid > 4_194_304) {
    throw new InvalidArgumentError('Give the number of a thread; `phptrace ps` lists those that run PHP.');
  }
  return tid;
}

/** Loops to skip: 0 or more. */
export function parseWarmup(text: string): number {
  const count = wholeNumber(text);
  if (count === undefined) throw new InvalidArgumentError('Give a whole number, 0 or more.');
  return count;
}

export function parsePositiveCount(text: string): number {
  const count = wholeNumber(text);
  if (count === undefined || count < 1) throw new InvalidArgumentError('Give a whole number, 1 or more.');
  return count;
}

/** After how many loops a trace ends, or `auto`. */
export function parseLoops(text: string): number | 'auto' {
  if (text === 'auto') return text;
  const count = wholeNumber(text);
  if (count === undefined || count < 1) throw new InvalidArgumentError('Give a whole number, 1 or more, or auto.');
  return count;
}

export function parseLoopName(text: string): string {
  const name = text.trim();
  if (name === '') throw new InvalidArgumentError('Give a function, Class::method, file.php:line, request or none.');
  return name;
}

/** A time in seconds, out of `60s`, `2m`, `500ms`, `1h` or a number of seconds. At most a day. */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text.trim()) ?? [];
  const seconds = Number(number) * (SECONDS_BY_UNIT[unit ?? ''] ?? NaN);
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw new InvalidArgumentError(
      'Give a time above 0 and up to 24h, as 60s, 2m or 500ms; a number alone is seconds.',
    );
  }
  return seconds;
}

const SECONDS_BY_UNIT: Readonly<Record<string, number>> = { ms: 0.001, s: 1, '': 1, m: 60, h: 3600 };

/**
 * A ring buffer's size in bytes, out of `65536`, `64K`, `64M` or `1G`. The kernel takes powers of two that are whole
 * pages of 4 KiB (ringbuf_map_alloc in kernel/bpf/ringbuf.c); above 1 GiB the buffer is the wrong remedy.
 */
export function parseRingSize(text: string): number {
  const [, number, unit] = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(text.trim()) ?? [];
  const bytes = Number(number) * (BYTES_BY_UNIT[(unit ?? '').toUpperCase()] ?? NaN);
  if (!(bytes >= 4096 && bytes <= 2 ** 30) || !Number.isInteger(Math.log2(bytes))) {
    throw new InvalidArgumentError('Give a power of two from 4K to 1G, as 64M.');
  }
  return bytes;
}

const BYTES_BY_UNIT: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

function wholeNumber(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
