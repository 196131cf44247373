import { PhptraceError } from '../errors.js';
import { foldName } from '../php/functions.js';
import type { SiteNamed } from '../trace/events.js';
import type { MissingHook } from '../trace/records.js';
import { nameOf } from './target.js';
import type { Target } from './target.js';
import { isNamed, neverComes, resolveHook, resolveSeen, suggestHooks } from './hook-resolver.js';
import { parseHookSpec } from './hook-spec.js';
import type { HookSpec } from './hook-spec.js';
import type { Boundary } from './placed-hook.js';

/** A hook that was asked for, and what is known of where it is. */
export interface WantedHook {
  /** As the user wrote it, or as `auto` calls it. */
  readonly loop: string;
  readonly spec?: HookSpec;
  readonly boundary?: Boundary;
  readonly evidence?: string;
}

export function wantedHooks(loops: readonly string[]): WantedHook[] {
  return loops.map((loop) => ({ loop, spec: parseHookSpec(loop) }));
}

/** Hooks whose code the process has not compiled yet, or not been seen to run. */
export class WaitingHooks {
  private waiting: WantedHook[];
  /** Loops whose code was met, and was gone by the time it was looked at. */
  private readonly dropped = new Set<string>();

  constructor(
    private readonly target: Target,
    wanted: readonly WantedHook[],
  ) {
    this.waiting = [...wanted];
  }

  get names(): string[] {
    return this.waiting.map(({ loop }) => loop);
  }

  /** Functions and lines by which the kernel programs can recognise what is waited for. */
  get recognised(): { name: string; line: number }[] {
    return this.waiting.map(({ spec }) => {
      if (spec?.kind === 'function') return { name: foldName(spec.name), line: 0 };
      if (spec?.kind === 'method') return { name: spec.method, line: 0 };
      return { name: '', line: spec?.kind === 'line' ? spec.line : 0 };
    });
  }

  /** Takes out and returns those that can be placed now. */
  takeResolved(): { hook: WantedHook; boundary: Boundary }[] {
    return this.take(({ spec, boundary }) => boundary ?? (spec && resolveHook(this.target.engine, spec)));
  }

  /** The same, for code that was just met. */
  takeSeen(named: SiteNamed): { hook: WantedHook; boundary: Boundary }[] {
    return this.take(({ loop, spec }) => {
      const boundary = spec && resolveSeen(this.target.engine, spec, named);
      if (spec && !boundary && isNamed(spec, named)) this.dropped.add(loop);
      return boundary;
    });
  }

  /** One sentence for each hook: what is awaited. @throws PhptraceError where one can never come */
  announce(): string[] {
    for (const { loop, spec } of this.waiting) {
      const why = spec && neverComes(this.target.engine, this.target.process.pid, spec);
      if (why !== undefined) throw new PhptraceError(`--loop ${loop}: ${why}`);
    }
    return this.waiting.map(({ loop, spec }) => {
      return `waiting for ${loop}: the process has not compiled or run such code yet${this.near(spec)}`;
    });
  }

  /** What never came, and why. */
  explain(): MissingHook[] {
    return this.waiting.map(({ loop, spec }) => {
      const why = this.dropped.has(loop)
        ? "its code was gone before it could be watched, as PHP drops a request's code at its end: use --loop request, " +
          'or switch opcache on'
        : `${nameOf(this.target)} has run no such code${this.near(spec)}`;
      return { loop, why };
    });
  }

  private near(spec: HookSpec | undefined): string {
    return spec ? suggestHooks(this.target.engine, spec) : '';
  }

  private take(resolve: (hook: WantedHook) => Boundary | undefined): { hook: WantedHook; boundary: Boundary }[] {
    const taken: { hook: WantedHook; boundary: Boundary }[] = [];
    this.waiting = this.waiting.filter((hook) => {
      const boundary = resolve(hook);
      if (boundary) taken.push({ hook, boundary });
      return boundary === undefined;
    });
    return taken;
  }
}
