import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { GroupReport, ProcessList, SnapshotReport } from '../../src/index.js';
import { parseReport, root, settledLoops, type Workplace } from '../integration/harness.js';
import { markedLine } from '../integration/truth.js';
import type { Server } from './servers.js';

const LONG = 'test/sapis/programs/long.php';

/** Its requests leave nothing, whoever answers them and whoever is replaced meanwhile: one report of the pool. */
export async function requestsAreClean(
  t: ExecutionContext,
  place: Workplace,
  server: Server,
  { sapi, replaced }: { readonly sapi: string; readonly replaced: boolean },
): Promise<void> {
  const before = server.workers();
  const args = ['attach', String(server.master), '--children', '--loop', 'request', '--loops', '10000'];
  const tracer = place.startPhptrace([...args, '--duration', '60s', '--format', 'json']);
  // All are asked until all have their probes: a worker that is traced says so on stderr.
  const traced = (): Set<number> =>
    new Set([...tracer.stderr.matchAll(/process (\d+): loop:/g)].map(([, pid]) => Number(pid)));
  const wanted = before.length + (replaced ? 1 : 0);
  for (let answered = 0, after = 0; after < 30 * before.length; answered++) {
    await server.request();
    if (traced().size >= wanted) after++;
    // A worker must live long enough to be met.
    else await sleep(10);
    if (tracer.ended !== undefined || answered > 20_000) break;
  }
  tracer.signal('SIGINT');
  const { code } = await tracer.endedWithin(30);
  if (tracer.stdout === '') throw new Error(`no report: ${tracer.stderr}`);
  const group = JSON.parse(tracer.stdout) as GroupReport;
  const detail = `${JSON.stringify(group.merged, null, 1)}\n${tracer.stderr}`;
  t.is(code, 0, detail);
  t.is(group.merged.verdict, 'clean', detail);
  t.true(group.merged.judged.length >= 1 && group.merged.loops.settled >= 10, detail);
  t.true(group.processes.length >= wanted, detail);
  for (const report of group.processes) {
    t.is(report.sapi, sapi);
    t.is(report.hooks.length, 1);
    t.like(report.hooks[0], { loop: 'request', boundary: 'request', verdict: report.verdict });
    t.is(report.accounting.growthBytes, report.accounting.explainedBytes, detail);
  }
}

/** A loop inside of one request is found to leak, by the line that it turns over. */
export async function longRequestLeaks(t: ExecutionContext, place: Workplace, server: Server): Promise<void> {
  const line = markedLine(join(root, LONG), '@leak-1');
  const [worker = 0] = server.workers();
  const answer = server.request(LONG);
  const log = place.path('long.ndjson');
  const args = ['--loop', `long.php:${line}`, '--loops', '20', '--format', 'json', '--log', log];
  const tracer = place.startPhptrace(['attach', String(worker), ...args]);
  await settledLoops(tracer, log, 20);
  const { code } = await tracer.endedWithin(30);
  const dumped = await place.phptrace(['dump', String(worker), '--format', 'json']);
  writeFileSync(place.path('stop'), '');
  t.is(dumped.exitCode, 0, dumped.stderr);
  const snapshot = JSON.parse(dumped.stdout) as SnapshotReport;
  t.is(snapshot.paths[0]?.path, "$GLOBALS['kept'] → [*]", 'what the request keeps is what most memory is');
  const report = parseReport(tracer.stdout, code, tracer.stderr);
  const leaks = report.sites.filter(({ verdict }) => verdict === 'leak');
  t.deepEqual(
    leaks.map((site) => [site.line, site.bytesPerLoop]),
    [[line, 1280]],
    JSON.stringify(report, null, 1),
  );
  t.is(code, 1);
  t.regex(await answer, new RegExp(`${worker}$`), 'the request goes on to its end');
}

/** `ps` and `doctor` know it while it waits for requests, and `dump` says that there is nothing to see then. */
export async function isKnownIdle(t: ExecutionContext, place: Workplace, pid: number, sapi: string): Promise<void> {
  const listing = await place.phptrace(['ps', '--interval', '200ms', '--format', 'json']);
  const row = (JSON.parse(listing.stdout) as ProcessList).processes.find((process) => process.pid === pid);
  t.like(row, { sapi, unread: null });
  t.true((row?.heapRealBytes ?? 0) >= 2_097_152, 'a chunk at least');
  const diagnosis = await place.phptrace(['doctor', String(pid)]);
  t.is(diagnosis.exitCode, 0, diagnosis.stdout);
  t.true(diagnosis.stdout.includes(`(${sapi})`), diagnosis.stdout);
  const dumped = await place.phptrace(['dump', String(pid)]);
  t.is(dumped.exitCode, 2);
  t.regex(
    dumped.stderr,
    /has no request under way, and between requests its heap is empty: look at it while it answers/,
  );
}
