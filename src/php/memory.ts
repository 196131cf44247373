import { PhptraceError } from '../errors.js';
import { wayToRights } from '../native/capabilities.js';
import { SystemCallError, readProcessMemory } from '../native/libc.js';

const TWO_32 = 2 ** 32;

/** Thrown where an address is not mapped: the structure that was followed has changed, or is not what it seemed. */
export class UnreadableMemory extends PhptraceError {
  constructor(
    readonly address: number,
    pid: number,
  ) {
    super(`cannot read memory of process ${String(pid)} at 0x${address.toString(16)}: nothing is mapped there`);
  }
}

/** What `read` returns, or `otherwise` where it meets memory that is not mapped. @throws what else `read` throws */
export function readOr<Value, Otherwise>(otherwise: Otherwise, read: () => Value): Value | Otherwise {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableMemory) return otherwise;
    throw error;
  }
}

/**
 * Reads the memory of a process. Addresses are numbers: user space ends below 2^47. The process may run meanwhile, so
 * what is read twice may differ; who follows pointers checks what it finds.
 */
export class ProcessMemory {
  private readonly word = new DataView(new ArrayBuffer(64));

  constructor(readonly pid: number) {}

  /** @throws UnreadableMemory, PhptraceError without the right to read */
  read(address: number, lengthBytes: number): DataView {
    const bytes = new Uint8Array(new ArrayBuffer(Math.max(lengthBytes, 1)), 0, lengthBytes);
    this.fill(address, bytes);
    return new DataView(bytes.buffer, 0, lengthBytes);
  }

  /** A 64-bit word as a number; words of 2^53 and more lose low bits, which no pointer has. */
  pointer(address: number): number {
    this.fillWord(address, 8);
    return pointerAt(this.word, 0);
  }

  uint32(address: number): number {
    this.fillWord(address, 4);
    return this.word.getUint32(0, true);
  }

  uint8(address: number): number {
    this.fillWord(address, 1);
    return this.word.getUint8(0);
  }

  private fillWord(address: number, lengthBytes: number): void {
    this.fill(address, new Uint8Array(this.word.buffer, 0, lengthBytes));
  }

  private fill(address: number, bytes: Uint8Array): void {
    let copied: number;
    try {
      copied = readProcessMemory(this.pid, address, bytes);
    } catch (error) {
      throw explain(error, this.pid);
    }
    if (copied !== bytes.byteLength) throw new UnreadableMemory(address, this.pid);
  }
}

/** The pointer at an offset of memory that was read. */
export function pointerAt(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * TWO_32;
}

/** For a process that ended between two looks at it. */
export function goneProcess(pid: number): PhptraceError {
  return new PhptraceError(
    `process ${String(pid)} has ended meanwhile: start it again, or trace it by \`phptrace run\``,
  );
}

function explain(error: unknown, pid: number): unknown {
  if (!(error instanceof SystemCallError)) return error;
  if (error.errnoName === 'ESRCH') return goneProcess(pid);
  return new PhptraceError(
    `cannot read memory of process ${String(pid)}: ${error.errnoName}: ${wayToRights('CAP_SYS_PTRACE')}`,
  );
}
