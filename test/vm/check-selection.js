// Each pattern of ava.vm.config.js must have chosen a test, or one that was renamed would be left out without a word:
// node check-selection.js TAP
import console from 'node:console';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import selection from '../../ava.vm.config.js';

const titles = [...readFileSync(process.argv[2] ?? '', 'utf8').matchAll(/^(?:not )?ok \d+ - (?:.* › )?(.*)$/gm)].map(
  ([, title]) => title ?? '',
);
const idle = selection.match.filter((pattern) => !titles.some((title) => toExpression(pattern).test(title)));
for (const pattern of idle) console.error(`ava.vm.config.js: no test is called "${pattern}"`);
process.exitCode = idle.length > 0 ? 1 : 0;

/** @param {string} pattern */
function toExpression(pattern) {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
