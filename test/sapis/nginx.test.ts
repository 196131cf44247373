import { integration, parseReport } from '../integration/harness.js';
import { longRequestLeaks, requestsAreClean } from './check-server.js';
import { startNginx } from './servers.js';

const sapi = 'fpm-fcgi';

integration(
  'nginx and FPM: requests of workers that end and are replaced leave nothing',
  async (t, place) => {
    const server = await startNginx(place, 2, 200);
    await requestsAreClean(t, place, server, { sapi, replaced: true });
  },
  { seconds: 120 },
);

integration(
  'nginx and FPM: each request that nginx passes on is a loop of the worker',
  async (t, place) => {
    const server = await startNginx(place, 1, 0);
    const [worker = 0] = server.workers();
    const args = ['--loop', 'request', '--loops', '20', '--format', 'json'];
    const tracer = place.startPhptrace(['attach', String(worker), ...args]);
    for (let answered = 0; tracer.ended === undefined && answered < 20_000; answered++) await server.request();
    const { code } = await tracer.endedWithin(30);
    const report = parseReport(tracer.stdout, code, tracer.stderr);
    t.is(code, 0, tracer.stderr);
    t.like(report, { pid: worker, sapi, verdict: 'clean', ended: '20 loops' });
    t.like(report.hooks[0], { loop: 'request', boundary: 'request' });
    t.is(report.accounting.growthBytes, report.accounting.explainedBytes);
  },
  { seconds: 120 },
);

integration(
  'nginx and FPM: a loop inside of one request leaks',
  async (t, place) => {
    await longRequestLeaks(t, place, await startNginx(place, 1, 0));
  },
  { seconds: 120 },
);
