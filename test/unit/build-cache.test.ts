import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BuildCache, cacheDirectory } from '../../src/php/build-cache.js';
import { deriveBuild } from '../../src/php/build.js';
import type { PhpBuild } from '../../src/php/build.js';
import { Disassembler } from '../../src/php/disassembly.js';
import type { ElfFile } from '../../src/php/elf.js';
import { CutImage, cutBinary } from '../fixtures/sites/image.js';

const ID = '8a9b19fe00a73efd06341103260c461ccf5cd7b2';

/** A cut binary with a build id: all that the cache asks of a file. */
function binary(id: string | undefined = ID): CutImage & Pick<ElfFile, 'buildId'> {
  return Object.assign(new CutImage(cutBinary('clang-8.2.32')), { buildId: () => id });
}

const derived: PhpBuild = deriveBuild(new Disassembler(binary()), '8.2.32');

interface Place {
  readonly directory: string;
  readonly said: string[];
  readonly cache: BuildCache;
}

function place(t: ExecutionContext, uid = process.geteuid?.() ?? 0): Place {
  const home = mkdtempSync(join(tmpdir(), 'phptrace-cache-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const said: string[] = [];
  const surroundings = { env: { XDG_CACHE_HOME: home }, uid, home };
  const cache = new BuildCache((sentence) => void said.push(sentence), surroundings);
  return { directory: join(home, 'phptrace'), said, cache };
}

function only(directory: string): string {
  const [name = '', ...others] = readdirSync(directory);
  if (others.length > 0) throw new Error(`also ${others.join(', ')}`);
  return join(directory, name);
}

function read(cache: BuildCache, elf = binary()): PhpBuild | undefined {
  return cache.read(elf as unknown as ElfFile);
}

function write(cache: BuildCache, elf = binary()): void {
  cache.write(elf as unknown as ElfFile, derived);
}

test('a build that was kept is read back whole', (t) => {
  const { cache, directory, said } = place(t);
  t.is(read(cache), undefined);
  write(cache);
  t.deepEqual(JSON.parse(JSON.stringify(read(cache))), JSON.parse(JSON.stringify(derived)));
  t.is(statSync(directory).mode & 0o777, 0o700);
  t.is(statSync(only(directory)).mode & 0o777, 0o600);
  t.deepEqual(said, []);
});

test('a damaged file is passed over, said, and made anew', (t) => {
  for (const spoil of [
    (file: string) => truncateSync(file, 5000),
    (file: string) => truncateSync(file, 0),
    (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('"freeSlot":32', '"freeSlot":40')),
  ]) {
    const { cache, directory, said } = place(t);
    write(cache);
    spoil(only(directory));
    t.is(read(cache), undefined);
    t.regex(said.join(), /is passed over: it is damaged/);
    write(cache);
    t.is(read(cache)?.heap.freeSlot, 32);
  }
});

test('a file that grew without end is not read', (t) => {
  const { cache, directory, said } = place(t);
  write(cache);
  truncateSync(only(directory), 1 << 24);
  t.is(read(cache), undefined);
  t.regex(said.join(), /too large/);
});

test('other code under the same build id is told apart', (t) => {
  const { cache, said } = place(t);
  write(cache);
  const patched = binary();
  patched.patch(derived.sites.alloc[0]?.address ?? 0, '9090');
  t.is(read(cache, patched), undefined);
  t.regex(said.join(), /another binary with the same build id/);
});

test('another binary has a file of its own, and one without a build id has none', (t) => {
  const { cache, directory, said } = place(t);
  write(cache);
  t.is(read(cache, binary('00ff')), undefined);
  t.deepEqual(said, []);
  const nameless = Object.assign(binary(), { buildId: () => undefined });
  t.is(read(cache, nameless), undefined);
  write(cache, nameless);
  t.is(readdirSync(directory).length, 1);
  t.regex(said.join(), /no build id/);
});

test('what an older version of the code derived is dropped', (t) => {
  const { cache, directory } = place(t);
  write(cache);
  const kept = only(directory);
  writeFileSync(join(directory, `${ID}-0123456789abcdef.json`), 'old');
  writeFileSync(join(directory, 'beef-0123456789abcdef.json'), "another binary's");
  write(cache);
  t.deepEqual(readdirSync(directory).sort(), [kept.slice(directory.length + 1), 'beef-0123456789abcdef.json'].sort());
});

test('a directory that others can write to, or a link to one, is refused', (t) => {
  const open = place(t);
  write(open.cache);
  chmodSync(open.directory, 0o777);
  t.is(read(open.cache), undefined);
  write(open.cache);
  t.regex(open.said.join(), /is not used/);

  const linked = place(t);
  mkdirSync(`${linked.directory}.real`, { mode: 0o700 });
  symlinkSync(`${linked.directory}.real`, linked.directory);
  write(linked.cache);
  t.deepEqual(readdirSync(`${linked.directory}.real`), []);
  t.regex(linked.said.join(), /is not used/);
});

test("another user's directory or file is refused", (t) => {
  const { cache, directory, said } = place(t, 12_345);
  mkdirSync(directory, { mode: 0o700 });
  write(cache);
  t.deepEqual(readdirSync(directory), []);
  t.regex(said.join(), /another user's/);
  if (process.geteuid?.() !== 0) return;
  const own = place(t);
  write(own.cache);
  chownSync(only(own.directory), 12_345, 12_345);
  t.is(read(own.cache), undefined);
  t.regex(own.said.join(), /no file of the user's own/);
});

test('a cache that cannot be made costs time and nothing else', (t) => {
  const said: string[] = [];
  const surroundings = { env: { XDG_CACHE_HOME: '/dev/null/cache' }, uid: 0, home: '/' };
  const cache = new BuildCache((sentence) => void said.push(sentence), surroundings);
  write(cache);
  t.is(read(cache), undefined);
  t.regex(said.join(), /is not kept/);
});

test('the cache is where the XDG base directories say, for root in /var/cache', (t) => {
  const home = '/home/someone';
  t.is(cacheDirectory({ env: { XDG_CACHE_HOME: '/cache' }, uid: 1000, home }), '/cache/phptrace');
  t.is(cacheDirectory({ env: {}, uid: 1000, home }), '/home/someone/.cache/phptrace');
  t.is(cacheDirectory({ env: { XDG_CACHE_HOME: 'relative' }, uid: 0, home }), '/var/cache/phptrace');
});
