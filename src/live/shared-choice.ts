import { chooseLoop } from './auto-loop.js';
import type { ChosenLoop } from './auto-loop.js';
import { parseHookSpec } from './hook-spec.js';
import type { Target } from './target.js';
import type { WantedHook } from './waiting-hooks.js';

/**
 * The loop of workers that run the same program: what is found in the first of them that is busy serves the others,
 * which may be idle, and those that are forked later.
 */
export class SharedChoice {
  private found: WantedHook | undefined;
  private readonly waiting = new Set<(hook: WantedHook) => void>();

  /** @throws PhptraceError where neither this process shows its loop nor another one did before */
  async choose(target: Target, signal: AbortSignal): Promise<WantedHook> {
    if (this.found) return this.found;
    const enough = new AbortController();
    let hear: (hook: WantedHook) => void = () => undefined;
    const fromAnother = new Promise<WantedHook>((resolve) => (hear = resolve));
    this.waiting.add(hear);
    try {
      const own = chooseLoop(target, AbortSignal.any([signal, enough.signal])).then((chosen) => this.share(chosen));
      return await Promise.race([own, fromAnother]);
    } finally {
      this.waiting.delete(hear);
      enough.abort();
    }
  }

  /** Another process has its code elsewhere: it is told the name, and finds the place itself. */
  private share(chosen: ChosenLoop): WantedHook {
    if (!this.found) {
      const { loop, evidence } = chosen;
      this.found = { loop, spec: parseHookSpec(loop), evidence };
      for (const hear of this.waiting) hear(this.found);
    }
    return chosen;
  }
}
