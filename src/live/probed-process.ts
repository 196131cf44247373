import { attachProcessEvents, attachUprobes, withLinks } from '../bpf/links.js';
import type { Attachment, LinkKind, Probe } from '../bpf/links.js';
import { TraceObject } from '../bpf/trace-object.js';
import { goneProcess } from '../php/memory.js';
import { canRunCompiledCode, processState } from '../php/process.js';
import { findSwitchSites } from '../php/switch-sites.js';
import { followedThread, kernelThread, knobsOf } from './target.js';
import { switchProbe } from './probes.js';
import type { Target } from './target.js';

/** The kernel programs, loaded for one process and attached to its allocator. */
export interface ProbedProcess {
  readonly object: TraceObject;
  readonly links: LinkKind;
  readonly attachments: Attachment[];
  /** Files of the process with a library of coroutines whose switches are probed. */
  switching: readonly string[];
}

/** Loads and attaches. @throws PhptraceError; then nothing stays */
export function probeProcess(
  target: Target,
  probes: readonly Probe[],
  ringBytes: number,
  links: 'auto' | LinkKind,
): ProbedProcess {
  return withLinks(links, followedThread(target) !== target.process.pid, (kind) =>
    probe(target, probes, ringBytes, kind),
  );
}

/**
 * Has the places probed at which a library of coroutines, in whatever file of the process, leaves one for another. Where
 * none is loaded yet, nothing is done. @throws PhptraceError
 */
export function probeSwitches({ process: { pid } }: Target, probed: ProbedProcess): void {
  if (probed.switching.length > 0) return;
  probed.switching = findSwitchSites(pid).map(({ file, fileName, fileOffsets }) => {
    probed.attachments.push(attachUprobes(probed.object, probed.links, file, pid, fileOffsets.map(switchProbe)));
    return fileName;
  });
}

/** Takes everything off at once, lets `before` have a last look, then unloads the programs. */
export async function unprobe({ object, attachments }: ProbedProcess, before: () => void): Promise<void> {
  await Promise.all(attachments.map((attachment) => attachment.detach()));
  try {
    before();
  } finally {
    object.close();
  }
}

function probe(target: Target, probes: readonly Probe[], ringBytes: number, links: LinkKind): ProbedProcess {
  const object = TraceObject.load(knobsOf(target), kernelThread(target), { ringBytes, uprobeMulti: links === 'multi' });
  const attachments: Attachment[] = [];
  const probed: ProbedProcess = { object, links, attachments, switching: [] };
  try {
    if (canRunCompiledCode(target.process.pid)) object.expectCompiledCode();
    attachments.push(attachProcessEvents(object));
    attachments.push(attachUprobes(object, links, target.process.file, target.process.pid, probes));
    probeSwitches(target, probed);
  } catch (error) {
    for (const attachment of attachments) void attachment.detach();
    object.close();
    if (processState(target.process.pid) === undefined) throw goneProcess(target.process.pid);
    throw error;
  }
  return probed;
}
