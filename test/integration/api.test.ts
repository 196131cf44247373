import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { analyze, attach, PhptraceError, renderJson, renderText } from '../../src/index.js';
import { integration, root } from './harness.js';

// The library does what the commands do, in this process.

integration('attach and analyze give the same typed report', async (t, place) => {
  const running = place.start('php', [join(root, 'test/cases/static-property.php')]);
  const logFile = place.path('api.ndjson');
  const notes: string[] = [];
  const seen: string[] = [];
  const observer = {
    note: (sentence: string) => void notes.push(sentence),
    record: (record: { readonly type: string }) => void seen.push(record.type),
  };
  const report = await attach(running.pid, { loops: ['handle'], maxLoops: 20, logFile, observer });
  t.is(report.verdict, 'leak');
  t.deepEqual(JSON.parse(renderJson(report)), JSON.parse(renderJson(await analyze(logFile))));
  t.true(renderText(report, { color: false }).includes('This Loop TotalLeak'));
  t.deepEqual([seen[0], seen.at(-1)], ['trace', 'end']);
  t.true(notes.every((sentence) => !sentence.includes('\n')));
});

integration('an AbortSignal ends a trace with a report', async (t, place) => {
  const running = place.start('php', [join(root, 'test/cases/freed-at-once.php')]);
  const abort = new AbortController();
  const options = { loops: ['handle'], maxLoops: 100_000, logFile: place.path('api.ndjson'), signal: abort.signal };
  const pending = attach(running.pid, options);
  await sleep(3000);
  abort.abort();
  const report = await pending;
  t.is(report.verdict, 'clean');
  t.is(running.ended, undefined);
});

integration('two processes can be traced at once from one program', async (t, place) => {
  const files = ['test/cases/static-property.php', 'test/cases/freed-at-once.php'];
  const running = files.map((file) => place.start('php', [join(root, file)]));
  await sleep(300);
  const reports = await Promise.all(
    running.map((program, i) =>
      attach(program.pid, { loops: ['handle'], maxLoops: 20, logFile: place.path(`both-${i}.ndjson`) }),
    ),
  );
  t.deepEqual(
    reports.map((report) => report.verdict),
    ['leak', 'clean'],
  );
});

integration('what cannot be done rejects with a PhptraceError', async (t, place) => {
  const gone = place.start('true', []);
  await gone.endedWithin(5);
  await t.throwsAsync(attach(gone.pid), { instanceOf: PhptraceError });
  await t.throwsAsync(analyze(place.path('none.ndjson')), { instanceOf: PhptraceError });
});
