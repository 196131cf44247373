import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import type { HeapGraph } from '../../src/heap/heap-graph.js';
import { renderHeapSnapshot } from '../../src/report/heapsnapshot.js';
import { phpLikeGraph } from '../unit/php-like-graph.js';
import { garbageIn } from '../unit/small-graphs.js';

/** The Memory panel of Chromium's own DevTools, which needs no page to be debugged in order to open a file. */
const PANEL = 'devtools://devtools/bundled/js_app.html?panel=heap-profiler';
const LOADED = /kB\)/;

let browser: Browser;
let directory: string;

test.before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'phptrace-chromium-'));
  const executablePath = execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
  browser = await chromium.launch({ executablePath, args: ['--headless=new', '--no-sandbox'] });
});

test.after.always(async () => {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
});

test('DevTools counts types, sizes, and what is retained as we do, and tells garbage by its distance', async (t) => {
  const { page, failures } = await open(snapshotText());
  await profile(page).filter({ hasText: LOADED }).click();
  // Node n of the graph has n * 200 bytes.
  t.deepEqual((await rows(page, 7)).map(cells).sort(), [
    // type, distance, shallow size, retained size
    ['(array)×2', '1', '0.6 kB', '0.6 kB'],
    ['(stream)', '−', '2.0 kB', '4.2 kB'],
    ['(string)×2', '2', '2.4 kB', '2.4 kB'],
    ['(unknown)', '−', '2.2 kB', '2.2 kB'],
    // Its second object retains a string.
    ['App\\User×2', '1', '1.4 kB', '2.8 kB'],
    ['Closure', '1', '1.2 kB', '1.2 kB'],
    ['Node×2', '−', '3.4 kB', '3.4 kB'],
  ]);
  t.deepEqual(failures, []);
  await page.close();
});

test('DevTools shows the roots by their names', async (t) => {
  const { page, failures } = await open(snapshotText());
  await profile(page).filter({ hasText: LOADED }).click();
  await page.getByRole('combobox', { name: 'Perspective' }).selectOption({ label: 'Containment' });
  const shown = (await rows(page, 5)).map(([name]) => name ?? '').sort();
  for (const [index, start] of [
    '$GLOBALS[\'x → "y" \']',
    '(garbage cycles)',
    '(orphans)',
    'local $user of main() at /srv/app.php:12',
    'static AuditTrail::$entries',
  ].entries()) {
    t.true(shown[index]?.startsWith(start), `${shown[index]} where ${start} was expected`);
  }
  t.deepEqual(failures, []);
  await page.close();
});

for (const [what, broken] of [
  ['an edge into the middle of a node', snapshotText().replace('\n,1,4711,42', '\n,1,4711,43')],
  ['a file that was cut', snapshotText().slice(0, -100)],
] as const) {
  test(`the same panel refuses ${what}`, async (t) => {
    const { page, failures } = await open(broken);
    const deadline = Date.now() + 20_000;
    while (failures.length === 0 && Date.now() < deadline) await page.waitForTimeout(100);
    t.is(failures.length, 1);
    t.is(await profile(page).filter({ hasText: LOADED }).count(), 0);
    await page.close();
  });
}

function snapshotText(): string {
  const small = phpLikeGraph();
  const graph: HeapGraph = { ...small, sizes8: Uint32Array.from(small.sizes8, (_, node) => node * 25) };
  const chunks = [...renderHeapSnapshot(graph, garbageIn(graph).bits)];
  return chunks.map((chunk) => chunk.toString()).join('');
}

/** A page with the panel into which the file is being loaded, and what went wrong in it so far. */
async function open(snapshot: string): Promise<{ page: Page; failures: string[] }> {
  const file = join(directory, 'php.heapsnapshot');
  writeFileSync(file, snapshot);
  const page = await browser.newPage();
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(error.message));
  await page.goto(PANEL);
  await page.locator('input[type=file]').first().setInputFiles(file);
  return { page, failures };
}

/** The file's entry in the list of profiles: its name and size once it is loaded, its progress before. */
function profile(page: Page): ReturnType<Page['locator']> {
  return page.locator('[role=treeitem]').filter({ hasText: /^php\s*\(/ });
}

/** The texts of the cells of each line of the table, once there are so many lines. */
async function rows(page: Page, count: number): Promise<string[][]> {
  const lines = page.locator('tr.data-grid-data-grid-node');
  await lines.nth(count - 1).waitFor();
  const texts: string[][] = [];
  for (const line of await lines.all()) {
    texts.push((await line.locator('td').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim()));
  }
  return texts;
}

/** Without shares of the whole. */
function cells(row: readonly string[]): string[] {
  return row.slice(0, 4).map((text) => text.replace(/ ?\d+ ?%$/, ''));
}
