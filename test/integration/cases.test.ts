import test from 'ava';
import { buildExtension, loadingOf } from './extension.js';
import { integration, php } from './harness.js';
import { findingOf, judgeCase } from './judge-case.js';
import { readCases } from './truth.js';

// Each program of test/cases says of itself what is true of it; here phptrace has to find just that.

test.before('the test extension builds', (t) => {
  if (process.getuid?.() === 0) buildExtension();
  t.pass();
});

for (const subject of readCases().filter(({ truth }) => !truth.slow)) {
  integration(`${subject.name}: ${findingOf(subject)}`, async (t, place) => {
    await judgeCase(t, place, subject, [php, ...loadingOf(subject)]);
  });
}
