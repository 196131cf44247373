import { integration } from '../integration/harness.js';
import { isKnownIdle, longRequestLeaks, requestsAreClean } from './check-server.js';
import { startCliServer } from './servers.js';

const sapi = 'cli-server';

integration(
  'php -S: requests of its workers, and of their parent, leave nothing',
  async (t, place) => {
    const server = await startCliServer(place, 2);
    await requestsAreClean(t, place, server, { sapi, replaced: false });
  },
  { seconds: 120 },
);

integration(
  'php -S: it is known, and a loop inside of one request leaks',
  async (t, place) => {
    const server = await startCliServer(place, 0);
    await isKnownIdle(t, place, server.master, sapi);
    await longRequestLeaks(t, place, server);
  },
  { seconds: 120 },
);
