import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { integration, php, root } from './harness.js';
import { findingOf, judgeCase } from './judge-case.js';
import { readCases } from './truth.js';

// Each program of test/cases says of itself what is true of it; here phptrace has to find just that.

const extensionDirectory = join(root, 'build/test-extension');

test.before('the test extension builds', (t) => {
  if (process.getuid?.() === 0) execFileSync(join(root, 'test/extension/build.sh'), [extensionDirectory]);
  t.pass();
});

for (const subject of readCases()) {
  const { extension } = subject.truth;
  const load = extension === undefined ? [] : ['-d', `extension=${extensionDirectory}/${extension}.so`];
  integration(`${subject.name}: ${findingOf(subject)}`, async (t, place) => {
    await judgeCase(t, place, subject, [php, ...load]);
  });
}
