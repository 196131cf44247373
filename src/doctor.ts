import { setTimeout as sleep } from 'node:timers/promises';
import { check, messageOf } from './check.js';
import type { Check } from './check.js';
import { checkHeap, openTarget, readHeap } from './live/target.js';
import type { Target } from './live/target.js';
import { machineChecks } from './machine-checks.js';
import { innerPid } from './php/namespaces.js';
import { readSapi } from './php/process.js';

export type { Check } from './check.js';

export interface Diagnosis {
  readonly checks: readonly Check[];
  /** True where nothing that is required is missing. */
  readonly usable: boolean;
}

/** Says whether tracing works on this machine, and for a process how its layout was found and checked. */
export async function doctor(pid?: number): Promise<Diagnosis> {
  const checks = machineChecks();
  if (pid !== undefined) checks.push(...(await checkProcess(pid)));
  return { checks, usable: checks.every(({ ok, required }) => ok || !required) };
}

async function checkProcess(pid: number): Promise<Check[]> {
  let target: Target;
  try {
    target = openTarget(pid);
  } catch (error) {
    return [check('process', false, messageOf(error))];
  }
  try {
    const { process: php, version, sites, heap, layout } = target;
    const proofs = [...layout.proofs, ...heap.proofs];
    const inner = innerPid(pid);
    return [
      ...(inner === undefined
        ? []
        : [check('pid', true, `${String(pid)}, ${String(inner)} in its container`, '', false)]),
      check('PHP', true, `${version} (${readSapi(php) ?? 'unknown SAPI'}), ${php.fileName}`, ''),
      check('build id', true, php.elf.buildId() ?? 'none', '', false),
      check('probe sites', true, `${String(target.probes.length)} proven: ${sitesByKind(target)}`, ''),
      ...proofs.map(({ field, value, proof }) => check(field, true, `${String(value)}: ${proof}`, '')),
      check('opline', true, OPLINE[target.oplineIn], ''),
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

const OPLINE = {
  registers: 'in r15, and its frame in r14: execute_ex goes on to handlers with both',
  frame: 'in its frame, from which execute_ex reads it each time that it calls a handler',
};

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
