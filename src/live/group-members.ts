import { childrenOf, maySpawn, nearestBelow } from '../php/descendants.js';
import { isRunning } from '../php/process.js';
import { SharedChoice } from './shared-choice.js';

/** A process that a group is to trace, or one thread of it. */
export interface Member {
  readonly pid: number;
  readonly thread?: number;
  /** True where it was asked for by its pid. */
  readonly named: boolean;
  /** The named process whose descendant it is, or which it is. */
  readonly family: Family;
}

/** A process that was named, and those that it forked. */
export interface Family {
  readonly head: number;
  readonly choice: SharedChoice;
}

/** Who belongs to a group: the named processes and, with `children`, in place of a master its workers. */
export class GroupMembers {
  /** Children that ended before they were traced. */
  passed = 0;
  /** Processes that have workers and are not traced themselves. */
  readonly masters: number[] = [];
  private readonly families: readonly Family[];
  private readonly known = new Set<number>();
  /** Children that were met at the last look: one that ends at once, or runs another program then, is left alone. */
  private young = new Map<number, Family>();

  constructor(
    pids: readonly number[],
    private readonly children: boolean,
    private readonly isPhp: (pid: number) => boolean,
    private readonly servesItself: (pid: number) => boolean,
  ) {
    this.families = pids.map((head) => ({ head, choice: new SharedChoice() }));
  }

  /** Those that are to be traced from the beginning. */
  begin(): Member[] {
    return this.families.flatMap((family) => this.workersOf(family.head, family));
  }

  /** Those that were forked since, and are still there at the second look. */
  look(): Member[] {
    if (!this.children) return [];
    const before = this.young;
    this.young = new Map();
    for (const family of this.families) this.meet(family.head, family, before);
    const grown: Member[] = [];
    for (const [pid, family] of before) {
      if (this.young.delete(pid)) grown.push(...this.workersOf(pid, family));
      else if (!isRunning(pid)) this.passed++;
    }
    return grown;
  }

  /** Whether someone may still come: a child that was met, or one of a named process that still runs. */
  get mayGrow(): boolean {
    return this.children && (this.young.size > 0 || this.families.some(({ head }) => isRunning(head)));
  }

  /** A process with workers is their master, and is traced by them. */
  private workersOf(pid: number, family: Family): Member[] {
    if (this.known.has(pid)) return [];
    this.known.add(pid);
    const workers = this.children ? [...nearestBelow(pid, this.isPhp)] : [];
    const self = { pid, family, named: pid === family.head };
    if (workers.length === 0) return [self];
    const own = this.servesItself(pid) ? [self] : [];
    if (own.length === 0) this.masters.push(pid);
    return [...own, ...workers.flatMap((worker) => this.workersOf(worker, family))];
  }

  private meet(pid: number, family: Family, before: ReadonlyMap<number, Family>): void {
    const spawns = maySpawn(pid);
    for (const child of childrenOf(pid)) {
      const isNew = !this.known.has(child) && (!spawns || before.has(child));
      if (isNew && this.isPhp(child)) this.young.set(child, family);
      this.meet(child, family, before);
    }
  }
}
