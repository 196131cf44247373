import { integration } from '../integration/harness.js';
import { isKnownIdle, longRequestLeaks, requestsAreClean } from './check-server.js';
import { startApache } from './servers.js';

const sapi = 'apache2handler';

integration(
  'Apache: requests of children that end and are replaced leave nothing',
  async (t, place) => {
    const server = await startApache(place, 3, 200);
    await requestsAreClean(t, place, server, { sapi, replaced: true });
  },
  { seconds: 120 },
);

integration(
  'Apache: PHP in its module is known, and a loop inside of one request leaks',
  async (t, place) => {
    const server = await startApache(place, 1, 0);
    await isKnownIdle(t, place, server.workers()[0] ?? 0, sapi);
    await longRequestLeaks(t, place, server);
  },
  { seconds: 120 },
);
