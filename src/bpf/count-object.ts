import { BPF_TRACE_UPROBE_MULTI } from '../native/kernel-links.js';
import { mapShared } from '../native/libc.js';
import type { Mapping } from '../native/libc.js';
import {
  closeObject,
  findMap,
  findProgram,
  globalsOf,
  mapFd,
  programFd,
  setExpectedAttachType,
} from '../native/libbpf.js';
import type { BpfObject } from '../native/libbpf.js';
import { writeFollowed } from './followed-thread.js';
import type { KernelThread } from './followed-thread.js';
import type { LinkKind } from './links.js';
import { loadObjectFile } from './object-file.js';
import { PAGE_BYTES } from '../native/page.js';

/** MAX_COUNTED of probes/count.bpf.c. */
export const MOST_COUNTED = 4;

/** The program that counts oplines, loaded in the kernel: it is to be attached to their handlers. */
export class CountObject {
  private readonly hits: Mapping;

  private constructor(
    private readonly object: BpfObject,
    private readonly count: number,
  ) {
    // The section is smaller, and a page is the least that can be mapped.
    this.hits = mapShared(mapFd(findMap(object, '.data.hits')), PAGE_BYTES, 0, false);
  }

  /** @throws PhptraceError where the kernel refuses, with its reason */
  static load(
    oplines: readonly number[],
    oplineInFrame: boolean,
    followed: KernelThread,
    links: LinkKind,
  ): CountObject {
    if (oplines.length > MOST_COUNTED) throw new RangeError(`${String(oplines.length)} oplines to count`);
    const object = loadObjectFile('count.bpf.o', (opened) => {
      new BigUint64Array(globalsOf(findMap(opened, '.rodata.counted'))).set(oplines.map(BigInt));
      new Uint32Array(globalsOf(findMap(opened, '.rodata.place')))[0] = oplineInFrame ? 1 : 0;
      writeFollowed(opened, followed);
      if (links === 'multi') setExpectedAttachType(findProgram(opened, 'on_counted'), BPF_TRACE_UPROBE_MULTI);
    });
    try {
      return new CountObject(object, oplines.length);
    } catch (error) {
      closeObject(object);
      throw error;
    }
  }

  programFd(name: 'on_counted'): number {
    return programFd(findProgram(this.object, name));
  }

  /** How often each opline was run so far, in the order in which they were given. */
  read(): number[] {
    return [...new BigUint64Array(this.hits.buffer, 0, this.count)].map(Number);
  }

  close(): void {
    this.hits.unmap();
    closeObject(this.object);
  }
}
