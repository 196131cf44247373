import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PhptraceError } from '../errors.js';
import { closeObject, loadObject, openObject, takeLibbpfMessages } from '../native/libbpf.js';
import type { BpfObject } from '../native/libbpf.js';

/**
 * Opens a built BPF object, lets `prepare` set its knobs, and loads it into the kernel.
 * @throws PhptraceError where the kernel refuses, with its reason
 */
export function loadObjectFile(name: string, prepare: (object: BpfObject) => void): BpfObject {
  const file = fileURLToPath(new URL(`../../probes/${name}`, import.meta.url));
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
  if (/EPERM|EACCES/.test(error.message) && process.getuid?.() !== 0) {
    return new PhptraceError(`${error.message}: run as root or grant CAP_BPF and CAP_PERFMON`);
  }
  const cause = takeLibbpfMessages().findLast((line) => /failed|invalid|denied|not allowed/i.test(line));
  return cause === undefined ? error : new PhptraceError(`${error.message}: ${cause}`);
}
