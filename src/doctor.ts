import { setTimeout as sleep } from 'node:timers/promises';
import { check, messageOf } from './check.js';
import type { Check } from './check.js';
import { checkHeap, followedThread, hasRequest, openTargets, readHeap } from './live/target.js';
import type { Target } from './live/target.js';
import { machineChecks } from './machine-checks.js';
import { namedThread } from './php/globals.js';
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
  let targets: readonly [Target, ...Target[]];
  try {
    targets = openTargets(pid, { cache: false });
  } catch (error) {
    return [check('process', false, messageOf(error))];
  }
  const [target] = targets;
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
      ...threadsCheck(targets),
      ...targets.map(heapCheck),
      ...structureChecks(targets),
      ...(await Promise.all(targets.map(sizeCheck))),
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

/** None where the process has one PHP, in its main thread. */
function threadsCheck([first, ...rest]: readonly [Target, ...Target[]]): Check[] {
  const tids = [first, ...rest].flatMap(({ process, globals }) => namedThread(process.pid, globals) ?? []);
  if (tids.length === 0) return [];
  const each = tids.length === 1 ? '' : '; each is traced by itself';
  return [check('threads', true, `PHP runs in ${String(tids.length)}: ${tids.join(', ')}${each}`, '', false)];
}

/**
 * What a snapshot needs and a trace does not: how each offset was found, and what the process confirmed. Of several
 * threads the first one will do that has a request under way.
 */
function structureChecks(targets: readonly Target[]): Check[] {
  try {
    const { proofs, checks } = (targets.find(hasRequest) ?? targets[0]!).structures();
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
  const name = `heap${ofThread(target)}`;
  try {
    checkHeap(target);
    const found = readHeap(target);
    if (!found) return check(name, true, 'PHP has not made it yet', '');
    return check(name, true, `0x${found.address.toString(16)}, main_chunk is heap & ~(2 MiB - 1)`, '');
  } catch (error) {
    return check(name, false, messageOf(error), 'see the message');
  }
}

/** Empty where there is one heap only. */
function ofThread(target: Target): string {
  return (target.globals.thread?.others ?? 0) === 0 ? '' : ` of ${String(followedThread(target))}`;
}

/** What the heap counts must be at least the chunks' first pages and no more than the process has. */
async function sizeCheck(target: Target): Promise<Check> {
  const name = `heap size${ofThread(target)}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    const found = readHeap(target);
    const real = found && target.process.memory.pointer(found.address + target.heap.realSize);
    if (found && real !== undefined && found.sizeBytes <= real) {
      return check(name, true, `${String(found.sizeBytes)} bytes live of ${String(real)} mapped`, '');
    }
    await sleep(10);
  }
  return check(name, false, 'size is larger than real_size', 'send this output: the layout is wrong for this build');
}
