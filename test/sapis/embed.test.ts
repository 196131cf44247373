import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessList, SnapshotReport } from '../../src/index.js';
import { integration, root, until } from '../integration/harness.js';
import { markedLine } from '../integration/truth.js';
import { unpacked } from './unpacked.js';

const script = join(root, 'test/sapis/programs/worker.php');

integration(
  'a program that embeds PHP is known, and its leak is found',
  async (t, place) => {
    const program = place.path('embedder');
    const includes = execFileSync('php-config', ['--includes'], { encoding: 'utf8' }).trim().split(' ');
    const library = join(unpacked, 'usr/lib/libphp8.2.so');
    execFileSync('gcc', [...includes, '-o', program, join(root, 'test/sapis/programs/embed.c'), library]);
    // The name by which the library calls itself.
    symlinkSync(library, place.path('libphp.so'));
    const running = place.start(program, [script], { env: { LD_LIBRARY_PATH: place.directory } });
    await until(() => running.stdout.includes('ready') || running.ended !== undefined, `ready: ${running.stderr}`);
    const diagnosis = await place.phptrace(['doctor', String(running.pid)]);
    t.is(diagnosis.exitCode, 0, diagnosis.stdout);
    t.true(diagnosis.stdout.includes('(embed)'), diagnosis.stdout);
    const listing = await place.phptrace(['ps', '--interval', '200ms', '--format', 'json']);
    const row = (JSON.parse(listing.stdout) as ProcessList).processes.find(({ pid }) => pid === running.pid);
    t.like(row, { sapi: 'embed', unread: null, script: `${program} ${script}` });
    const { report, exitCode } = await place.attachJson(running.pid, ['--loops', '20']);
    t.is(report.hooks[0]?.loop, 'handle');
    t.deepEqual(
      report.sites.filter(({ verdict }) => verdict === 'leak').map(({ line, bytesPerLoop }) => [line, bytesPerLoop]),
      [[markedLine(script, '@leak-1'), 1280]],
    );
    t.is(exitCode, 1);
    const dumped = await place.phptrace(['dump', String(running.pid), '--format', 'json']);
    t.is((JSON.parse(dumped.stdout) as SnapshotReport).paths[0]?.path, 'static Store::$kept → [*]', dumped.stderr);
  },
  { seconds: 120 },
);
