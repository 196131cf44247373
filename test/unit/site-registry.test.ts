import test from 'ava';
import type { SiteNamed } from '../../src/trace/events.js';
import type { PathRecord, SiteRecord } from '../../src/trace/records.js';
import { SiteRegistry } from '../../src/trace/site-registry.js';

test('site 0 is where no PHP frame was, and has its record before all others', (t) => {
  const { registry, records } = start();
  t.deepEqual(records, [{ type: 'site', site: 0, file: null, line: 0, function: null }]);
  t.is(registry.site(1), 0);
});

test('a number that the kernel never named is no frame', (t) => {
  t.is(start().registry.site(4711), 0);
});

test('a place gets its record when it is first named, in the words of the report', (t) => {
  const { registry, records } = start();
  registry.name(code({ site: 2, line: 12, function: 'handle', className: 'App\\Worker' }));
  registry.name(code({ site: 3, line: 13, function: '{closure:/app/worker.php:13}' }));
  registry.name(code({ site: 4, line: 14 }));
  t.deepEqual(records.slice(1), [
    { type: 'site', site: 1, file: '/app/worker.php', line: 12, function: 'App\\Worker::handle' },
    { type: 'site', site: 2, file: '/app/worker.php', line: 13, function: '{closure}' },
    { type: 'site', site: 3, file: '/app/worker.php', line: 14, function: '{main}' },
  ]);
});

test('code that the kernel numbers anew keeps its number and gets no second record', (t) => {
  const { registry, records } = start();
  registry.name(code({ site: 2, line: 12, opline: 0x1000 }));
  registry.name(code({ site: 3, line: 12, opline: 0x2000 }));
  t.is(registry.site(2), 1);
  t.is(registry.site(3), 1);
  t.is(records.length, 2);
});

test('the same line of another file, function or class is another place', (t) => {
  const { registry } = start();
  registry.name(code({ site: 2 }));
  registry.name(code({ site: 3, file: '/app/other.php' }));
  registry.name(code({ site: 4, function: 'f' }));
  registry.name(code({ site: 5, function: 'f', className: 'C' }));
  registry.name(code({ site: 6, line: 2 }));
  t.deepEqual(
    [2, 3, 4, 5, 6].map((site) => registry.site(site)),
    [1, 2, 3, 4, 5],
  );
});

test('a number of the kernel that is given again means the new place from then on', (t) => {
  const { registry } = start();
  registry.name(code({ site: 2, line: 12 }));
  t.is(registry.site(2), 1);
  registry.name(code({ site: 2, line: 99 }));
  t.is(registry.site(2), 2);
  registry.name(code({ site: 3, line: 12 }));
  t.is(registry.site(3), 1);
});

test('the last number that the kernel can give is kept too', (t) => {
  const { registry } = start();
  registry.name(code({ site: 65535 }));
  t.is(registry.site(65535), 1);
});

test('call paths are wanted by every number that the kernel has for the place', (t) => {
  const { registry, wanted } = start();
  registry.name(code({ site: 2, line: 12 }));
  registry.name(code({ site: 7, line: 12 }));
  registry.name(code({ site: 8, line: 13 }));
  registry.want(1);
  t.deepEqual(wanted, [2, 7]);
});

test('call paths are wanted by numbers that are named later', (t) => {
  const { registry, wanted } = start();
  registry.name(code({ site: 2, line: 12 }));
  registry.want(1);
  registry.name(code({ site: 9, line: 12 }));
  registry.name(code({ site: 10, line: 13 }));
  t.deepEqual(wanted, [2, 9]);
});

test('a number that means another place now is not wanted for the old one', (t) => {
  const { registry, wanted } = start();
  registry.name(code({ site: 2, line: 12 }));
  registry.name(code({ site: 2, line: 13 }));
  registry.want(1);
  t.deepEqual(wanted, []);
});

test('a place is wanted once', (t) => {
  const { registry, wanted } = start();
  registry.name(code({ site: 2 }));
  registry.want(1);
  registry.want(1);
  t.deepEqual(wanted, [2]);
});

test('a path is recorded in our numbers, innermost first', (t) => {
  const { registry, records } = start();
  for (const site of [5, 6, 7]) registry.name(code({ site, line: site }));
  registry.namePath(3, [7, 5, 1], false);
  t.deepEqual(records.at(-1), { type: 'path', path: 1, sites: [3, 1, 0], truncated: false });
  t.is(registry.path(3), 1);
});

test('a path that the kernel numbers anew keeps its number and gets no second record', (t) => {
  const { registry, records } = start();
  registry.name(code({ site: 2, line: 12 }));
  registry.namePath(3, [2], false);
  registry.name(code({ site: 9, line: 12 }));
  registry.namePath(4, [9], false);
  t.is(registry.path(4), registry.path(3));
  t.is(records.filter(({ type }) => type === 'path').length, 1);
});

test('a path is fixed when it is named: a number given again later does not change it', (t) => {
  const { registry, records } = start();
  registry.name(code({ site: 2, line: 12 }));
  registry.namePath(3, [2], false);
  registry.name(code({ site: 2, line: 99 }));
  registry.namePath(4, [2], false);
  t.not(registry.path(3), registry.path(4));
  t.deepEqual(
    records.flatMap((record) => (record.type === 'path' ? [record.sites] : [])),
    [[1], [2]],
  );
});

test('a path with outer frames missing is not the whole path of the same frames', (t) => {
  const { registry } = start();
  registry.name(code({ site: 2 }));
  registry.namePath(1, [2], false);
  registry.namePath(2, [2], true);
  t.not(registry.path(1), registry.path(2));
});

test('a path number of the kernel that is given again means the new path from then on', (t) => {
  const { registry } = start();
  for (const site of [2, 3]) registry.name(code({ site, line: site }));
  registry.namePath(1, [2], false);
  registry.namePath(1, [3], false);
  t.is(registry.path(1), 2);
});

test('no path and a path that was never named are path 0', (t) => {
  const { registry } = start();
  t.is(registry.path(0), 0);
  t.is(registry.path(12), 0);
});

function start() {
  const records: (SiteRecord | PathRecord)[] = [];
  const wanted: number[] = [];
  const registry = new SiteRegistry(
    (record) => records.push(record),
    (kernelSite) => wanted.push(kernelSite),
  );
  return { registry, records, wanted };
}

/** A site as the kernel names it: line 1 of a script, outside any function, where nothing else is said. */
function code(said: Partial<SiteNamed> & Pick<SiteNamed, 'site'>): SiteNamed {
  return {
    func: 0x7f00_0000_1000,
    opline: 0x7f00_0000_2000,
    file: '/app/worker.php',
    line: 1,
    lineStart: 1,
    function: null,
    className: null,
    cut: false,
    ...said,
  };
}
