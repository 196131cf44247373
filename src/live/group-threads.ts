import { PhptraceError } from '../errors.js';
import type { PhpBuild } from '../php/build.js';
import { globalsOf } from '../php/globals.js';
import { findPhpThreads } from '../php/php-threads.js';
import type { PhpThread } from '../php/php-threads.js';
import { isRunning } from '../php/process.js';
import type { PhpProcess } from '../php/process.js';
import type { Member } from './group-members.js';
import type { KnownBuilds } from './known-builds.js';
import { readHeap } from './target.js';

/** Each thread has kernel programs of its own, and all of them see each allocation of the process. */
const MOST_THREADS = 16;

/** A process with a thread-safe PHP. */
interface Watched {
  readonly member: Member;
  readonly process: PhpProcess;
  readonly build: PhpBuild;
  /** Threads that are traced, or were. */
  readonly known: Set<number>;
  /** Those that there was no room for. */
  readonly left: Set<number>;
  /** Those that were met at the last look: one that ends at once is left alone. */
  young: ReadonlySet<number>;
}

/** The threads that run PHP in the processes of a group: each is traced by itself, as a worker of a pool is. */
export class GroupThreads {
  /** Threads that ended before they were traced. */
  passed = 0;
  private readonly watched = new Map<number, Watched>();

  constructor(
    private readonly builds: KnownBuilds,
    private readonly isTraced: (tid: number) => boolean,
    private readonly note: (sentence: string) => void,
  ) {}

  /** What to trace of a process: itself, or each of its threads that run PHP. */
  begin(member: Member): Member[] {
    try {
      const watched = this.watch(member);
      if (watched === undefined) return [member];
      const found = findPhpThreads(watched.process, watched.build.sites);
      if (found.length === 0) return [member];
      this.watched.set(member.pid, watched);
      if (found.length > 1) {
        this.note(
          `process ${String(member.pid)} runs PHP in ${String(found.length)} threads: each is traced by itself`,
        );
      }
      const [first] = found;
      if (found.length === 1 && first?.tid === member.pid) {
        // As any process, until another thread begins.
        watched.known.add(first.tid);
        return [member];
      }
      return this.take(watched, found).map((one) => ({ ...one, named: member.named && found.length === 1 }));
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      // Who opens it to trace it hears the same.
      return [member];
    }
  }

  /** Whether other threads of this process are traced too, where they run PHP. */
  follows(pid: number): boolean {
    return this.watched.has(pid);
  }

  /** Threads that have begun to run PHP since, and still do at the second look. */
  look(): Member[] {
    return [...this.watched.values()].flatMap((watched) => {
      try {
        return this.lookAt(watched);
      } catch (error) {
        if (!(error instanceof PhptraceError)) throw error;
        this.watched.delete(watched.member.pid);
        return [];
      }
    });
  }

  /** Whether another thread may still begin, where several have. */
  get mayGrow(): boolean {
    return [...this.watched.values()].some(({ known, member }) => known.size > 1 && isRunning(member.pid));
  }

  /** What is to be said of the threads that were not traced. */
  notes(): string[] {
    const left = [...this.watched.values()].filter((watched) => watched.left.size > 0);
    return [
      ...left.map(
        ({ member, left: { size } }) =>
          `${String(size)} more threads of process ${String(member.pid)} run PHP: ${String(MOST_THREADS)} are traced at ` +
          'once, those with the largest heaps (--thread names another one)',
      ),
      ...(this.passed === 0 ? [] : [`${String(this.passed)} threads ended before they could be traced`]),
    ];
  }

  /** Undefined where its threads have one PHP in common. @throws PhptraceError */
  private watch(member: Member): Watched | undefined {
    const process = this.builds.open(member.pid);
    if (process.elf.symbol('executor_globals') !== undefined) return undefined;
    const build = this.builds.build(process.elf);
    if (build instanceof PhptraceError) throw build;
    return { member, process, build, known: new Set(), left: new Set(), young: new Set() };
  }

  private lookAt(watched: Watched): Member[] {
    const { process, build, known, left, young } = watched;
    const found = findPhpThreads(process, build.sites);
    for (const tid of left) if (!found.some((thread) => thread.tid === tid)) left.delete(tid);
    const fresh = found.filter(({ tid }) => !known.has(tid));
    watched.young = new Set(fresh.map(({ tid }) => tid));
    for (const tid of young) if (!watched.young.has(tid) && !known.has(tid) && !left.has(tid)) this.passed++;
    return this.take(
      watched,
      fresh.filter(({ tid }) => young.has(tid)),
    );
  }

  /** As many as there is room for, the largest heaps first. */
  private take({ member, process, build, known, left }: Watched, found: readonly PhpThread[]): Member[] {
    const room = MOST_THREADS - [...known].filter(this.isTraced).length;
    const sizeOf = (thread: PhpThread): number =>
      readHeap({ process, heap: build.heap, globals: globalsOf(process, build, { ...thread, others: 0 }) })
        ?.sizeBytes ?? 0;
    const byHeap = found
      .map((thread) => ({ ...thread, heapBytes: sizeOf(thread) }))
      .sort((a, b) => b.heapBytes - a.heapBytes);
    const taken = byHeap.slice(0, Math.max(0, room));
    for (const { tid } of taken) {
      known.add(tid);
      left.delete(tid);
    }
    for (const { tid } of byHeap.slice(taken.length)) left.add(tid);
    return taken.map(({ tid }) => ({ ...member, thread: tid, named: false }));
  }
}
