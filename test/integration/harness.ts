import test, { type ExecutionContext } from 'ava';
import { patience } from './patience.js';
import { Workplace } from './workplace.js';

export * from './workplace.js';

/** Declares a test that traces real processes: serial, with a time limit, skipped with its reason when not root. */
export function integration(
  title: string,
  body: (t: ExecutionContext, place: Workplace) => Promise<void>,
  options: { readonly seconds?: number } = {},
): void {
  if (process.getuid?.() !== 0) {
    test.skip(`${title} (skipped: tracing needs root)`, () => {});
    return;
  }
  test.serial(title, async (t) => {
    t.timeout((options.seconds ?? 60) * patience * 1000);
    const place = new Workplace();
    t.teardown(() => place.close());
    await body(t, place);
  });
}
