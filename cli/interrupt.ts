export interface Interrupt {
  readonly signal: AbortSignal;
  /** Gives Ctrl-C its usual meaning back. */
  dispose(): void;
}

/**
 * The first SIGINT or SIGTERM aborts `signal`, so that the trace ends with a report; the second ends the command at
 * once with 130 (128 + SIGINT, as shells count). The kernel takes the probes away with the process.
 */
export function abortOnInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    onFirst();
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    dispose() {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}

/** SIGUSR2 asks for a report of the trace so far. `isAsked` is true once for each time. */
export function reportOnSignal(): { isAsked: () => boolean; dispose: () => void } {
  let isAsked = false;
  const ask = (): void => {
    isAsked = true;
  };
  process.on('SIGUSR2', ask);
  return {
    isAsked() {
      const was = isAsked;
      isAsked = false;
      return was;
    },
    dispose() {
      process.off('SIGUSR2', ask);
    },
  };
}
