import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { PhptraceError } from '../errors.js';
import { systemCall } from './libc.js';

/** System call numbers of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
const SYS_PERF_EVENT_OPEN = 298;
const SYS_BPF = 321;

/** include/uapi/linux/bpf.h: enum bpf_cmd, enum bpf_attach_type. */
const BPF_LINK_CREATE = 28;
export const BPF_TRACE_UPROBE_MULTI = 48;
const BPF_PERF_EVENT = 41;

/** include/uapi/linux/perf_event.h: PERF_ATTR_SIZE_VER5, the bits of the flags word, perf_type_id. */
const PERF_ATTR_BYTES = 112;
const PERF_FLAG_EXCLUDE_KERNEL = 1n << 5n;
const PERF_FLAG_EXCLUDE_HV = 1n << 6n;
const PERF_FLAG_FD_CLOEXEC = 8;
const PERF_TYPE_BREAKPOINT = 5;
/** include/uapi/linux/hw_breakpoint.h: read or write; x86 has no read-only one. */
const HW_BREAKPOINT_RW = 3;

/** A place in a file where a probe goes, and what the program is told of it. */
export interface ProbePoint {
  readonly fileOffset: number;
  readonly cookie: bigint;
}

/**
 * Attaches one program to many places of a file for one process (kernel 6.6 and later). Returns the link's fd; closing
 * it detaches. @throws SystemCallError: EINVAL where the kernel has no such links
 */
export function createUprobeMultiLink(
  programFd: number,
  path: string,
  pid: number,
  points: readonly ProbePoint[],
): number {
  const pathBytes = Buffer.from(`${path}\0`);
  const offsets = BigUint64Array.from(points, (point) => BigInt(point.fileOffset));
  const cookies = BigUint64Array.from(points, (point) => point.cookie);
  const attributes = new DataView(new ArrayBuffer(64));
  attributes.setUint32(0, programFd, true);
  attributes.setUint32(8, BPF_TRACE_UPROBE_MULTI, true);
  attributes.setBigUint64(16, addressOf(pathBytes), true);
  attributes.setBigUint64(24, addressOf(offsets), true);
  attributes.setBigUint64(40, addressOf(cookies), true);
  attributes.setUint32(48, points.length, true);
  attributes.setUint32(56, pid, true);
  const bytes = new Uint8Array(attributes.buffer);
  const link = systemCall('bpf(LINK_CREATE, uprobe_multi)', SYS_BPF, BPF_LINK_CREATE, addressOf(bytes), bytes.length);
  keepAlive(pathBytes, offsets, cookies, bytes);
  return link;
}

/** Opens a uprobe of one process as a perf event. Returns its fd. @throws SystemCallError, PhptraceError */
export function openUprobeEvent(path: string, pid: number, fileOffset: number): number {
  const pathBytes = Buffer.from(`${path}\0`);
  const attributes = perfAttributes(uprobeType(), 0n);
  attributes.setBigUint64(56, addressOf(pathBytes), true);
  attributes.setBigUint64(64, BigInt(fileOffset), true);
  const event = perfEventOpen('perf_event_open(uprobe)', attributes, pid);
  keepAlive(pathBytes);
  return event;
}

/** Opens a hardware watchpoint on 8 bytes of a process. Returns its fd. @throws SystemCallError */
export function openWatchpointEvent(pid: number, address: number): number {
  const attributes = perfAttributes(PERF_TYPE_BREAKPOINT, PERF_FLAG_EXCLUDE_KERNEL | PERF_FLAG_EXCLUDE_HV);
  attributes.setBigUint64(16, 1n, true);
  attributes.setUint32(52, HW_BREAKPOINT_RW, true);
  attributes.setBigUint64(56, BigInt(address), true);
  attributes.setBigUint64(64, 8n, true);
  return perfEventOpen('perf_event_open(breakpoint)', attributes, pid);
}

/**
 * Runs a program at each hit of a perf event. Returns the link's fd; both it and the event's are to be closed.
 * @throws SystemCallError
 */
export function createPerfLink(programFd: number, eventFd: number, cookie: bigint): number {
  const attributes = new DataView(new ArrayBuffer(64));
  attributes.setUint32(0, programFd, true);
  attributes.setUint32(4, eventFd, true);
  attributes.setUint32(8, BPF_PERF_EVENT, true);
  attributes.setBigUint64(16, cookie, true);
  const bytes = new Uint8Array(attributes.buffer);
  const link = systemCall('bpf(LINK_CREATE, perf_event)', SYS_BPF, BPF_LINK_CREATE, addressOf(bytes), bytes.length);
  keepAlive(bytes);
  return link;
}

function perfAttributes(type: number, flags: bigint): DataView {
  const attributes = new DataView(new ArrayBuffer(PERF_ATTR_BYTES));
  attributes.setUint32(0, type, true);
  attributes.setUint32(4, PERF_ATTR_BYTES, true);
  attributes.setBigUint64(40, flags, true);
  return attributes;
}

function perfEventOpen(operation: string, attributes: DataView, pid: number): number {
  const bytes = new Uint8Array(attributes.buffer);
  const event = systemCall(operation, SYS_PERF_EVENT_OPEN, addressOf(bytes), pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
  keepAlive(bytes);
  return event;
}

/** The kernel numbers this kind of event at boot. */
function uprobeType(): number {
  const file = '/sys/bus/event_source/devices/uprobe/type';
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    throw new PhptraceError(`this kernel has no uprobes (${file} is missing): use one built with CONFIG_UPROBE_EVENTS`);
  }
}

/** The kernel was given addresses only: what they point to must not be collected before it has looked. */
function keepAlive(...memory: readonly ArrayBufferView[]): void {
  void memory.length;
}

/** Where its memory lies. It must not be collected meanwhile. */
export function addressOf(bytes: Uint8Array | BigUint64Array): bigint {
  return koffi.address(bytes.buffer) + BigInt(bytes.byteOffset);
}
