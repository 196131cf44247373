import { MAX_ASKED_ARRAYS } from '../bpf/abi.js';
import { attachUprobes } from '../bpf/links.js';
import type { Attachment, Probe } from '../bpf/links.js';
import { PhptraceError } from '../errors.js';
import { Disassembler } from '../php/disassembly.js';
import { findInsertSites } from '../php/insert-sites.js';
import type { ArrayLine } from '../trace/records.js';
import type { ProbedProcess } from './probed-process.js';
import type { Target } from './target.js';

/** So many elements tell which line it is that most come from. */
const ENOUGH = 16;
/** The probes cost each insertion into any array: an array that gets elements more seldom is given up after so long. */
const PATIENCE_MS = 10_000;

interface Asked {
  since: number;
  seen: number;
  /** Came several at once: some of them by a way that is not probed. */
  unclear: number;
  readonly lines: Map<string, { readonly by: ArrayLine; seen: number }>;
}

/**
 * Asks which lines make arrays longer: those take no memory, so the allocator's probes do not see them. For as long as
 * it takes, and for a few arrays at once, the functions are probed that put elements into arrays.
 */
export class ArrayLines {
  private readonly arrays = new Map<number, Asked>();
  private readonly waiting: number[] = [];
  private readonly asked = new Set<number>();
  private probes: readonly Probe[] | undefined;
  private attachment: Attachment | undefined;
  private isOver = false;

  constructor(
    private readonly target: Target,
    private readonly probed: ProbedProcess,
    private readonly debug: (message: string) => void,
  ) {}

  /** From now on, or when it is its turn. `address` is that of the zend_array. */
  ask(address: number): void {
    if (this.arrays.has(address)) return;
    this.arrays.set(address, { since: 0, seen: 0, unclear: 0, lines: new Map() });
    this.waiting.push(address);
  }

  /** The array got longer by a line. */
  grown(address: number, elements: number, by: ArrayLine): void {
    const array = this.arrays.get(address);
    if (!array) return;
    array.seen++;
    if (elements > 1) array.unclear++;
    const key = `${String(by.hook)} ${String(by.site)} ${String(by.outside)}`;
    const line = array.lines.get(key);
    if (line) line.seen++;
    else array.lines.set(key, { by, seen: 1 });
  }

  /** Gives arrays that wait their turn, and takes it from those of which enough is known. To be called now and then. */
  takeTurns(now: number): void {
    if (this.isOver) return;
    const before = this.asked.size;
    for (const address of this.asked) {
      const { seen, since } = this.arrays.get(address)!;
      if (seen >= ENOUGH || now - since > PATIENCE_MS) this.asked.delete(address);
    }
    const gone = before - this.asked.size;
    const come = this.waiting.splice(0, MAX_ASKED_ARRAYS - this.asked.size);
    for (const address of come) {
      this.asked.add(address);
      this.arrays.get(address)!.since = now;
    }
    if (gone + come.length > 0) this.probe();
  }

  /** The line that most of its elements came by, as far as that was seen. */
  lineOf(address: number): ArrayLine | undefined {
    const array = this.arrays.get(address);
    if (!array || array.unclear * 2 > array.seen) return undefined;
    return [...array.lines.values()].sort((a, b) => b.seen - a.seen)[0]?.by;
  }

  close(): void {
    this.isOver = true;
    void this.attachment?.detach();
    this.attachment = undefined;
  }

  private probe(): void {
    const { object, links } = this.probed;
    object.askForArrays([...this.asked]);
    if (this.asked.size === 0) {
      void this.attachment?.detach();
      this.attachment = undefined;
      return;
    }
    try {
      const { file, pid } = this.target.process;
      this.attachment ??= attachUprobes(object, links, file, pid, (this.probes ??= this.findProbes()));
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      this.isOver = true;
      this.debug(`lines that make arrays longer are not asked for: ${error.message}`);
    }
  }

  private findProbes(): Probe[] {
    const { elf } = this.target.process;
    const disassembler = new Disassembler(elf);
    try {
      return findInsertSites(disassembler).map(({ address, argumentIn }) => ({
        program: 'on_insert',
        fileOffset: elf.fileOffset(address),
        cookie: { pointer: argumentIn },
      }));
    } finally {
      disassembler.free();
    }
  }
}
