import { readSync } from 'node:fs';
import { PhptraceError } from '../errors.js';
import { addressOf, openWatchpointEvent } from './kernel-links.js';
import { SystemCallError, closeFd } from './libc.js';

/** Counts how often a place in a process's memory is used, by hardware and without a program. */
export interface HitCounter {
  read(): number;
  close(): void;
}

let doFire: boolean | undefined;

/**
 * A hardware watchpoint on 8 bytes of a thread's memory. Returns the fd of its perf event. @throws PhptraceError where
 * all are taken, or this machine has none
 */
export function openWatchpoint(thread: number, address: number): number {
  doFire ??= tryOnOwnMemory();
  if (!doFire) {
    throw missing('those of this machine can be set and never fire, as its hypervisor keeps the debug registers');
  }
  return open(thread, address);
}

/** @throws PhptraceError as `openWatchpoint` */
export function openHitCounter(thread: number, address: number): HitCounter {
  return counterOf(openWatchpoint(thread, address));
}

/** 0 is the thread that calls (perf_event_open(2)). */
const THIS_THREAD = 0;
/** Below all that the kernel maps (vm.mmap_min_addr). */
const UNUSED_ADDRESS = 0x1000;

/** Why this process can set no watchpoint that fires, on itself; undefined where it can. */
export function missingWatchpoints(): string | undefined {
  try {
    closeFd(openWatchpoint(THIS_THREAD, UNUSED_ADDRESS));
    return undefined;
  } catch (error) {
    if (!(error instanceof PhptraceError)) throw error;
    return error.message;
  }
}

/** Sets a watchpoint on a word of this process, uses the word, and sees whether it was noticed. */
function tryOnOwnMemory(): boolean {
  const words = new BigUint64Array(1);
  const counter = counterOf(open(THIS_THREAD, Number(addressOf(words))));
  try {
    words[0] = 1n;
    return counter.read() > 0;
  } finally {
    counter.close();
  }
}

function open(thread: number, address: number): number {
  try {
    return openWatchpointEvent(thread, address);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    throw missing(error.errnoName === 'ENOSPC' ? 'all four of the thread are taken' : error.errnoName);
  }
}

function missing(why: string): PhptraceError {
  return new PhptraceError(`no hardware watchpoint: ${why}`);
}

function counterOf(fd: number): HitCounter {
  const count = new BigUint64Array(1);
  return {
    read() {
      readSync(fd, count);
      return Number(count[0]);
    },
    close() {
      closeFd(fd);
    },
  };
}
