import { openTarget } from '../../src/live/target.js';
import { proveStructures } from '../../src/php/prove-structures.js';
import { integration } from './harness.js';

// A process runs while it is looked at: what it changed meanwhile contradicts nothing.

integration('what is derived is confirmed by a process whose resources come and go', async (t, place) => {
  const running = await place.startReady('test/integration/programs/busy-resources.php');
  const target = openTarget(running.pid);
  t.teardown(() => {
    target.process.elf.close();
  });
  const { memory } = target.structures();
  for (let look = 0; look < 20; look++) {
    const found = proveStructures(memory).find(({ name }) => name === 'resources')?.found;
    // How many is by chance: a look may meet the table in the middle of being packed.
    t.regex(found ?? '', /^[1-9]\d* in the regular list$/);
  }
});
