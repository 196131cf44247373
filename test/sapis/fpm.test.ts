import { integration } from '../integration/harness.js';
import { isKnownIdle, longRequestLeaks } from './check-server.js';
import { startFpm } from './servers.js';

// That the requests of a pool leave nothing is in test/integration/fpm.test.ts.

integration(
  'FPM: it is known, and a loop inside of one request leaks',
  async (t, place) => {
    const server = await startFpm(place, 1, 0);
    await isKnownIdle(t, place, server.workers()[0] ?? 0, 'fpm-fcgi');
    await longRequestLeaks(t, place, server);
  },
  { seconds: 120 },
);
