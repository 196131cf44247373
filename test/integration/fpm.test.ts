import test from 'ava';
import { requestsAreClean } from '../sapis/check-server.js';
import { startFpm } from '../sapis/servers.js';
import { findFpm } from '../sapis/unpacked.js';
import { integration } from './harness.js';

if (findFpm() === undefined) {
  test.skip('FPM (skipped: there is none: `make sapis` unpacks one)', () => {});
} else {
  integration(
    'FPM: requests of workers that end and are replaced leave nothing',
    async (t, place) => {
      const server = await startFpm(place, 2, 200);
      await requestsAreClean(t, place, server, { sapi: 'fpm-fcgi', replaced: true });
    },
    { seconds: 120 },
  );
}
