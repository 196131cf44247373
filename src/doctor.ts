import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopAtExec } from './bpf/launch-object.js';
import { PhptraceError } from './errors.js';
import { checkHeap, openTarget, readHeap } from './live/target.js';
import type { Target } from './live/target.js';
import { openHitCounter } from './native/kernel-links.js';
import { readSapi } from './php/process.js';

/** One thing that tracing needs or can use. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** False where tracing works without it. */
  readonly required: boolean;
  readonly found: string;
  /** What to do, where it is missing. */
  readonly remedy?: string;
}

export interface Diagnosis {
  readonly checks: readonly Check[];
  /** True where nothing that is required is missing. */
  readonly usable: boolean;
}

/** linux/capability.h. */
const CAPABILITIES = { CAP_SYS_PTRACE: 19, CAP_SYS_ADMIN: 21, CAP_PERFMON: 38, CAP_BPF: 39 } as const;
const OLDEST_KERNEL = [5, 15] as const;

/** Says whether tracing works on this machine, and for a process how its layout was found and checked. */
export async function doctor(pid?: number): Promise<Diagnosis> {
  const checks = [kernel(), capabilities(), btf(), uprobes(), uprobeMulti(), programs(), watchpoint()];
  if (pid !== undefined) checks.push(...(await checkProcess(pid)));
  return { checks, usable: checks.every(({ ok, required }) => ok || !required) };
}

function check(name: string, ok: boolean, found: string, remedy: string, required = true): Check {
  return { name, ok, required, found, ...(ok ? {} : { remedy }) };
}

function isKernelSince([major, minor]: readonly [number, number]): boolean {
  const [ours = 0, oursMinor = 0] = release().split('.').map(Number);
  return ours > major || (ours === major && oursMinor >= minor);
}

function kernel(): Check {
  const ok = process.platform === 'linux' && process.arch === 'x64' && isKernelSince(OLDEST_KERNEL);
  return check('kernel', ok, `${process.platform} ${release()} ${process.arch}`, 'use Linux 5.15 or later on x86-64');
}

function capabilities(): Check {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const has = (capability: number): boolean => ((effective >> BigInt(capability)) & 1n) === 1n;
  const missing = (['CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_PTRACE'] as const).filter(
    (name) => !has(CAPABILITIES[name]) && !(name !== 'CAP_SYS_PTRACE' && has(CAPABILITIES.CAP_SYS_ADMIN)),
  );
  const found = missing.length === 0 ? 'CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE' : `without ${missing.join(', ')}`;
  return check('capabilities', missing.length === 0, found, 'run as root: sudo phptrace …');
}

function btf(): Check {
  const file = '/sys/kernel/btf/vmlinux';
  const ok = existsSync(file);
  return check(
    'BTF',
    ok,
    ok ? file : 'none',
    'not needed by the exact trace; a kernel with CONFIG_DEBUG_INFO_BTF has it',
    false,
  );
}

function uprobes(): Check {
  const ok = existsSync('/sys/bus/event_source/devices/uprobe/type');
  return check('uprobes', ok, ok ? 'perf uprobe events' : 'none', 'use a kernel built with CONFIG_UPROBE_EVENTS');
}

function uprobeMulti(): Check {
  const ok = isKernelSince([6, 6]);
  return check(
    'uprobe_multi',
    ok,
    ok ? 'kernel 6.6 or later' : 'none',
    'not needed: perf links do the same, slower to attach',
    false,
  );
}

function programs(): Check {
  try {
    stopAtExec(0)();
    return check('BPF programs', true, 'the kernel loads them', '');
  } catch (error) {
    return check('BPF programs', false, messageOf(error), 'run as root, and see that libbpf1 is installed');
  }
}

/** Tried on a word of this very process. */
function watchpoint(): Check {
  const remedy = "not needed: the opline's handler is probed instead, at a higher cost a loop";
  try {
    openHitCounter(process.pid, 0x1000).close();
    return check('watchpoints', true, 'hardware breakpoints', '', false);
  } catch (error) {
    return check('watchpoints', false, messageOf(error), remedy, false);
  }
}

async function checkProcess(pid: number): Promise<Check[]> {
  let target: Target;
  try {
    target = openTarget(pid);
  } catch (error) {
    return [check('process', false, messageOf(error), 'name the pid of a PHP process that phptrace supports')];
  }
  try {
    const { process: php, version, sites, heap, layout } = target;
    const proofs = [...layout.proofs, ...heap.proofs];
    return [
      check('PHP', true, `${version} (${readSapi(php) ?? 'unknown SAPI'}), ${php.fileName}`, ''),
      check('build id', true, php.elf.buildId() ?? 'none', '', false),
      check('probe sites', true, `${String(target.probes.length)} proven: ${sitesByKind(target)}`, ''),
      ...proofs.map(({ field, value, proof }) => check(field, true, `${String(value)}: ${proof}`, '')),
      heapCheck(target),
      ...structureChecks(target),
      await sizeCheck(target),
      ...(sites.forwarded.length > 0
        ? [check('forwarded', true, sites.forwarded.map(({ from, to }) => `${from} to ${to}`).join(', '), '', false)]
        : []),
    ];
  } finally {
    target.process.elf.close();
  }
}

/** What a snapshot needs and a trace does not: how each offset was found, and what the process confirmed. */
function structureChecks(target: Target): Check[] {
  try {
    const { proofs, checks } = target.structures();
    return [
      ...proofs.map(({ field, value, proof }) => check(field, true, `${String(value)}: ${proof}`, '', false)),
      ...checks.map(({ name, found }) => check(name, true, found, '', false)),
    ];
  } catch (error) {
    return [check('snapshots', false, messageOf(error), 'tracing works without', false)];
  }
}

function sitesByKind({ sites }: Target): string {
  const { alloc, free, realloc, results, heapApi } = sites;
  const api = heapApi.alloc.length + heapApi.free.length + heapApi.realloc.length;
  return (
    `${String(alloc.length)} alloc, ${String(free.length)} free, ${String(realloc.length)} realloc, ` +
    `${String(api)} heap API, ${String(results.length)} results, 2 others`
  );
}

function heapCheck(target: Target): Check {
  try {
    checkHeap(target);
    const found = readHeap(target);
    if (!found) return check('heap', true, 'PHP has not made it yet', '');
    return check('heap', true, `0x${found.address.toString(16)}, main_chunk is heap & ~(2 MiB - 1)`, '');
  } catch (error) {
    return check('heap', false, messageOf(error), 'see the message');
  }
}

/** What the heap counts must be at least the chunks' first pages and no more than the process has. */
async function sizeCheck(target: Target): Promise<Check> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const found = readHeap(target);
    const real = found && target.process.memory.pointer(found.address + target.heap.realSize);
    if (found && real !== undefined && found.sizeBytes <= real) {
      return check('heap size', true, `${String(found.sizeBytes)} bytes live of ${String(real)} mapped`, '');
    }
    await sleep(10);
  }
  return check(
    'heap size',
    false,
    'size is larger than real_size',
    'send this output: the layout is wrong for this build',
  );
}

function messageOf(error: unknown): string {
  if (error instanceof PhptraceError) return error.message;
  throw error;
}
