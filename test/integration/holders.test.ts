import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'ava';
import { buildExtension, loadingOf } from './extension.js';
import { integration, php, root } from './harness.js';
import { markedLine } from './truth.js';
import type { Truth } from './truth.js';

// Each program of test/holders leaks on one line and says what holds the memory; `attach` has to name just that.

const directory = join(root, 'test/holders');

test.before('the extension', () => {
  if (process.getuid?.() === 0) buildExtension();
});

interface Declared extends Pick<Truth, 'extension'> {
  readonly holder: string;
  readonly path: string;
  /** What follows `…` is in no order that is always the same. */
  readonly types: readonly string[];
}

for (const name of readdirSync(directory).filter((file) => file.endsWith('.php') && file !== 'turn.php')) {
  const file = join(directory, name);
  const declared = declaration(file);
  integration(`${basename(name, '.php')}: held by ${declared.path}`, async (t, place) => {
    const running = place.start(php, [...loadingOf({ truth: declared }), file]);
    const traced = await place.attachJson(running.pid, ['--loop', 'handle', '--loops', '25']);
    const detail = `${JSON.stringify(traced.report, null, 1)}\n${traced.stderr}`;
    const site = traced.report.sites.find((found) => found.file === file && found.line === markedLine(file, '@leak'));
    t.is(traced.exitCode, 1, detail);
    t.is(site?.verdict, 'leak', detail);
    t.like(site, { holder: declared.holder, path: declared.path }, detail);
    const some = declared.types.indexOf('…');
    const inOrder = (types: readonly string[] = []): readonly string[] => (some < 0 ? types : types.slice(0, some));
    t.deepEqual(inOrder(site?.types), inOrder(declared.types), detail);
  });
}

/** The JSON after `// holder:`, its marks (`@call`) turned into line numbers and `{file}` into the program's own path. */
function declaration(file: string): Declared {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((text) => text.startsWith('// holder: '));
  if (line === undefined) throw new Error(`${file} declares no holder`);
  const text = line
    .slice('// holder: '.length)
    .replaceAll('{file}', file)
    .replace(/:@(\w+)/g, (_, mark: string) => `:${String(markedLine(file, `@${mark}`))}`);
  return JSON.parse(text) as Declared;
}
