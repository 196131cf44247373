import { MAX_ASKED_ARRAYS } from '../bpf/abi.js';
import { attachUprobes } from '../bpf/links.js';
import type { Attachment, Probe } from '../bpf/links.js';
import { PhptraceError } from '../errors.js';
import { Disassembler } from '../php/disassembly.js';
import { findInsertSites } from '../php/insert-sites.js';
import type { ArrayLine } from '../trace/records.js';
import type { ProbedProcess } from './probed-process.js';
import type { Target } from './target.js';

/** So many elements tell which line it is that most come from; fewer than the second number tell nothing. */
const ENOUGH = 16;
const TOO_FEW = 3;
/** An array that is filled and emptied all the time is given up after so many changes, or calls. */
const MOST_CHANGES = 1000;
const MOST_CALLS = 20_000;
/**
 * The probes cost each insertion into any array: an array that gets elements more seldom is given up after so long, and
 * all that wait after so long in all.
 */
const PATIENCE_MS = 10_000;
const WHOLE_PATIENCE_MS = 60_000;

interface Asked {
  since: number;
  changes: number;
  calls: number;
  /** So often several came at once: some of them by a way that is not probed. */
  unclear: number;
  /** The last call that may have made it longer; undefined where there was none, or no line. */
  by: ArrayLine | undefined;
  /** Where the elements came from that are still there, oldest first; those that came last go first. */
  readonly came: ArrayLine[];
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
  /** When the first array had its turn, ms. */
  private begun: number | undefined;
  /** How many arrays the kernel was asked for last. */
  private probedFor = 0;

  constructor(
    private readonly target: Target,
    private readonly probed: ProbedProcess,
    private readonly debug: (message: string) => void,
  ) {}

  /** From now on, or when it is its turn. `address` is that of the zend_array. */
  ask(address: number): void {
    if (this.arrays.has(address)) return;
    this.arrays.set(address, { since: 0, changes: 0, calls: 0, unclear: 0, by: undefined, came: [] });
    this.waiting.push(address);
  }

  /** The array is no longer of interest. */
  forget(address: number): void {
    this.arrays.delete(address);
    this.asked.delete(address);
    const place = this.waiting.indexOf(address);
    if (place >= 0) this.waiting.splice(place, 1);
  }

  /**
   * A call from a line may make the array longer. By the one before it has got so many elements; fewer than none where
   * more were taken out since.
   */
  called(address: number, elements: number, by: ArrayLine | undefined): void {
    const array = this.arrays.get(address);
    if (!array) return;
    array.calls++;
    if (elements !== 0) array.changes++;
    if (elements < 0) array.came.splice(Math.max(0, array.came.length + elements));
    else if (elements === 1 && array.by !== undefined) array.came.push(array.by);
    else if (elements > 0) array.unclear++;
    array.by = by;
  }

  /** Gives arrays that wait their turn, and takes it from those of which enough is known. To be called now and then. */
  takeTurns(now: number): void {
    if (this.isOver) return;
    const before = this.probedFor;
    for (const address of this.asked) {
      const { came, changes, calls, since } = this.arrays.get(address)!;
      const isTold = came.length >= ENOUGH || changes >= MOST_CHANGES || calls >= MOST_CALLS;
      if (isTold || now - since > PATIENCE_MS) this.asked.delete(address);
    }
    const gone = before - this.asked.size;
    if (this.begun !== undefined && now - this.begun > WHOLE_PATIENCE_MS) this.waiting.length = 0;
    const come = this.waiting.splice(0, MAX_ASKED_ARRAYS - this.asked.size);
    if (come.length > 0) this.begun ??= now;
    for (const address of come) {
      this.asked.add(address);
      this.arrays.get(address)!.since = now;
    }
    if (gone + come.length > 0) this.probe();
  }

  /** The line, and the call path to it, that most of its elements came by; undefined where too few were seen. */
  lineOf(address: number): ArrayLine | undefined {
    const array = this.arrays.get(address);
    if (!array || array.came.length < TOO_FEW || array.unclear > array.came.length) return undefined;
    const line = mostOften(
      array.came,
      ({ hook, site, outside }) => `${String(hook)} ${String(site)} ${String(outside)}`,
    );
    return mostOften(line, ({ path }) => String(path))[0];
  }

  close(): void {
    this.isOver = true;
    void this.attachment?.detach();
    this.attachment = undefined;
  }

  private probe(): void {
    const { object, links } = this.probed;
    object.askForArrays([...this.asked]);
    this.probedFor = this.asked.size;
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
        program: 'on_site',
        fileOffset: elf.fileOffset(address),
        cookie: { site: 'insert', pointer: argumentIn },
      }));
    } finally {
      disassembler.free();
    }
  }
}

/** Those of the kind that most are of. */
function mostOften(lines: readonly ArrayLine[], kindOf: (line: ArrayLine) => string): ArrayLine[] {
  const kinds = new Map<string, ArrayLine[]>();
  for (const line of lines) {
    const others = kinds.get(kindOf(line));
    if (others) others.push(line);
    else kinds.set(kindOf(line), [line]);
  }
  return [...kinds.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}
