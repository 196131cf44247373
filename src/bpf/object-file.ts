import { existsSync } from 'node:fs';
import { PhptraceError } from '../errors.js';
import { isInUserNamespace, missingCapabilities, wayToRights } from '../native/capabilities.js';
import { closeObject, loadObject, openObject, takeLibbpfMessages } from '../native/libbpf.js';
import type { BpfObject } from '../native/libbpf.js';
import { packageFile } from '../package-files.js';

const TO_LOAD = ['CAP_BPF', 'CAP_PERFMON'] as const;

/**
 * Opens a built BPF object, lets `prepare` set its knobs, and loads it into the kernel.
 * @throws PhptraceError where the kernel refuses, with its reason
 */
export function loadObjectFile(name: string, prepare: (object: BpfObject) => void): BpfObject {
  const file = packageFile(`build/probes/${name}`);
  if (!existsSync(file)) throw new PhptraceError(`the BPF programs are missing (${file}): run \`make build\``);
  takeLibbpfMessages();
  const object = openObject(file);
  try {
    prepare(object);
    loadObject(object);
    return object;
  } catch (error) {
    closeObject(object);
    throw explain(error);
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof PhptraceError)) return error;
  // With rights it is something else that is wrong, and libbpf has said what.
  if (/EPERM|EACCES/.test(error.message) && (missingCapabilities(TO_LOAD).length > 0 || isInUserNamespace())) {
    return new PhptraceError(`${error.message}: ${wayToRights(...TO_LOAD)}`);
  }
  const cause = takeLibbpfMessages().findLast((line) => /failed|invalid|denied|not allowed/i.test(line));
  return cause === undefined ? error : new PhptraceError(`${error.message}: ${cause}`);
}
