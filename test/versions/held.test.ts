import { checkHeld } from '../integration/check-held.js';
import { integration } from '../integration/harness.js';
import { isSince } from '../integration/truth.js';
import { phpBuilds } from './builds.js';

// The ways of why.test.ts under every PHP that runs its program, which has enums and fibers.

for (const { minor, cli } of phpBuilds().filter((build) => isSince('8.1', build.minor))) {
  integration(`PHP ${minor}: the way to an object is told in full, whatever holds it`, (t, place) =>
    checkHeld(t, place, cli),
  );
}
