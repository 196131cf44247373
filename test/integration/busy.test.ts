import type { ExecutionContext } from 'ava';
import { openTarget } from '../../src/live/target.js';
import { proveStructures } from '../../src/php/prove-structures.js';
import { integration, type Workplace } from './harness.js';

// A process runs while it is looked at: what it changed meanwhile contradicts nothing.

integration('what is derived is confirmed by a process whose resources come and go', async (t, place) => {
  // How many is by chance: a look may meet the table in the middle of being packed.
  await confirms(t, place, 'busy-resources.php', 'resources', /^[1-9]\d* in the regular list$/);
});

integration('what is derived is confirmed by a process whose fibers come and go', async (t, place) => {
  await confirms(
    t,
    place,
    'busy-fibers.php',
    'fibers',
    /^\d\d+ looked at are fibers, the frames of [1-9]\d* lead to their bottom$/,
  );
});

async function confirms(
  t: ExecutionContext,
  place: Workplace,
  program: string,
  what: string,
  as: RegExp,
): Promise<void> {
  const running = await place.startReady(`test/integration/programs/${program}`);
  const target = openTarget(running.pid);
  t.teardown(() => {
    target.process.elf.close();
  });
  const { memory } = target.structures();
  for (let look = 0; look < 20; look++) {
    t.regex(proveStructures(memory).find(({ name }) => name === what)?.found ?? '', as);
  }
}
