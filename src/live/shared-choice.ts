import { PhptraceError } from '../errors.js';
import { chooseLoop } from './auto-loop.js';
import type { ChosenLoop } from './auto-loop.js';
import { parseHookSpec } from './hook-spec.js';
import type { Target } from './target.js';
import type { WantedHook } from './waiting-hooks.js';

/** Who waits for a loop that another one finds. */
interface Waiting {
  readonly hear: (hook: WantedHook) => void;
  readonly giveUp: () => void;
}

/**
 * The loop of workers that run the same program: what is found in the first of them that is busy serves the others,
 * which may be idle, and those that come later.
 */
export class SharedChoice {
  private found: WantedHook | undefined;
  private looking = 0;
  private readonly waiting = new Set<Waiting>();

  /**
   * Of processes: whoever finds it first finds it for all.
   * @throws PhptraceError where neither this process shows its loop nor another one did before
   */
  async choose(target: Target, signal: AbortSignal): Promise<WantedHook> {
    if (this.found) return this.found;
    const enough = new AbortController();
    const another = this.another();
    try {
      const own = this.look(target, AbortSignal.any([signal, enough.signal]));
      return await Promise.race([own, another.found]);
    } finally {
      another.forget();
      enough.abort();
    }
  }

  /**
   * Of threads, which may well run different programs: its own loop, and only where it shows none that of another one.
   * @throws PhptraceError where none of them shows one
   */
  async chooseOwn(target: Target, signal: AbortSignal): Promise<WantedHook> {
    const another = this.another();
    try {
      return await this.look(target, signal);
    } catch (error) {
      if (!(error instanceof PhptraceError)) throw error;
      if (this.found) return this.found;
      const found = await Promise.race([another.found, another.none]);
      if (found === undefined) throw error;
      return found;
    } finally {
      another.forget();
    }
  }

  private another(): { found: Promise<WantedHook>; none: Promise<undefined>; forget: () => void } {
    let hear: Waiting['hear'] = () => undefined;
    let giveUp: Waiting['giveUp'] = () => undefined;
    const found = new Promise<WantedHook>((resolve) => (hear = resolve));
    const none = new Promise<undefined>((resolve) => (giveUp = () => resolve(undefined)));
    const waiting = { hear, giveUp };
    this.waiting.add(waiting);
    return { found, none, forget: () => void this.waiting.delete(waiting) };
  }

  private async look(target: Target, signal: AbortSignal): Promise<WantedHook> {
    this.looking++;
    try {
      return this.share(await chooseLoop(target, signal));
    } finally {
      this.looking--;
      this.giveUpTogether();
    }
  }

  /** Where nobody looks any more, nobody will find anything. */
  private giveUpTogether(): void {
    if (this.looking > 0 || this.found) return;
    for (const { giveUp } of this.waiting) giveUp();
  }

  /** Another one has its code elsewhere: it is told the name, and finds the place itself. */
  private share(chosen: ChosenLoop): WantedHook {
    if (!this.found) {
      const { loop, evidence } = chosen;
      this.found = { loop, spec: parseHookSpec(loop), evidence };
      for (const { hear } of this.waiting) hear(this.found);
    }
    return chosen;
  }
}
