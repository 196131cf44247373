import test from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ASKED_ARRAY,
  ASKED_ARRAY_BYTES,
  BIN_SLOTS,
  CONTROL,
  COUNTERS,
  EXTENT,
  FOLLOWED,
  HOOK,
  HOOK_BYTES,
  KNOBS,
  KNOBS_BYTES,
  MAX_ASKED_ARRAYS,
  MAX_HOOKS,
  MAX_SITES,
  SIZE8_SLOTS,
  WIDE_KNOBS,
} from '../../src/bpf/abi.js';
import { EVENT, EVENT_BYTES, PROCESS_CHANGE, SITE_FIELDS, SITE_NO_FRAME, decodeEvent } from '../../src/trace/events.js';
import { PROBES, runC } from '../fixtures/c/run.js';
import { SinkLog } from '../fixtures/events/sink-log.js';

const HEADERS = ['events.h', 'knobs.h'].map((file) => readFileSync(join(PROBES, file), 'utf8')).join('\n');

test('each knob is written where the programs read it', (t) => {
  const { bytes, fields } = layout().structs['knobs'] ?? missing('knobs');
  t.is(bytes, KNOBS_BYTES);
  t.deepEqual(offsets(fields), KNOBS);
});

test('the 64-bit knobs are the addresses, and the tables have room for every bin and size', (t) => {
  const { fields } = layout().structs['knobs'] ?? missing('knobs');
  for (const name of WIDE_KNOBS) t.is(fields[name]?.bytes, 8, name);
  t.is(fields['binSize']?.bytes, 4 * BIN_SLOTS);
  t.is(fields['binOfSize8']?.bytes, SIZE8_SLOTS);
  const wide = [...WIDE_KNOBS, 'binSize', 'binOfSize8'];
  for (const [name, { bytes }] of Object.entries(fields)) if (!wide.includes(name)) t.is(bytes, 4, name);
});

test('the followed thread is written where the programs read it', (t) => {
  const { fields } = layout().structs['followed'] ?? missing('followed');
  t.deepEqual(offsets(fields), FOLLOWED);
  t.deepEqual(
    Object.values(fields).map(({ bytes }) => bytes),
    [8, 8, 4],
  );
});

test('hooks, counters and control are where both sides map them', (t) => {
  const { hook, counters, control } = layout().structs;
  t.is(hook?.bytes, HOOK_BYTES);
  t.deepEqual(offsets(hook?.fields), HOOK);
  t.deepEqual(offsets(counters?.fields), COUNTERS);
  t.deepEqual(offsets(control?.fields), CONTROL);
  t.is(control?.fields['stopName']?.bytes, 4 * MAX_HOOKS);
  t.is(control?.fields['stopLine']?.bytes, 4 * MAX_HOOKS);
});

test('the arrays that are asked for are where both sides map them', (t) => {
  const { bytes, fields } = layout().structs['asked_array'] ?? missing('asked_array');
  t.is(bytes, ASKED_ARRAY_BYTES);
  t.deepEqual(offsets(fields), ASKED_ARRAY);
});

test('limits, kinds, changes and extents have the same numbers on both sides', (t) => {
  const { enums, limits } = layout();
  t.deepEqual(limits, { MAX_ASKED_ARRAYS, MAX_HOOKS, MAX_SITES, BIN_SLOTS, SIZE8_SLOTS, SITE_NO_FRAME });
  t.deepEqual(enums['event_kind'], EVENT);
  t.deepEqual(enums['process_change'], PROCESS_CHANGE);
  t.deepEqual(enums['hook_extent'], EXTENT);
});

test('each record has the size that the decoder expects', (t) => {
  const { structs } = layout();
  const sizes = Object.entries(structs).flatMap(([name, { bytes }]) =>
    name.endsWith('_event') ? [[camelCase(name.replace(/_event$/, '')), bytes]] : [],
  );
  t.deepEqual(Object.fromEntries(sizes), EVENT_BYTES);
  t.like(offsets(structs['site_event']?.fields), SITE_FIELDS);
});

test('records that the compiler lays out are decoded field by field', (t) => {
  const log = new SinkLog();
  for (const record of layout().records) {
    const bytes = Buffer.from(record, 'hex');
    const words = new Int32Array(Uint8Array.from(bytes).buffer);
    decodeEvent(words, 0, bytes.length, log);
  }
  t.deepEqual(log.calls, [
    ['alloc', 0x7f00_1234_5678, 320, 7, 0, 2],
    ['alloc', 0x7f00_1234_5678, 320, 7, 11, 2],
    ['free', 0x7f00_1234_5678, 320, 7, 2],
    ['realloc', 0x7f00_1234_5678, 320, 0x7f00_8765_4320, 640, 7, 11, 2],
    ['loop', 1, 0x1_0000_0002, 0x7f00_1234_5678, 0x3_0000_0004, 5, 6],
    [
      'site',
      {
        site: 7,
        func: 0x7f00_8765_4320,
        opline: 0x7f00_1234_5678,
        file: 'file',
        line: 12,
        lineStart: 10,
        function: 'function',
        className: 'class',
        cut: false,
      },
    ],
    ['path', 11, [21, 22, 23], true],
    ['reset'],
    ['process', 'exec'],
    ['context', 0, 31],
    ['context', 1, 32],
    ['context', 2, 33],
    ['context', 3, 34],
    ['over', 1, 5],
    ['insert', 0x7f00_1234_5678, -3, 7, 11, 2],
  ]);
});

interface Layout {
  readonly structs: Record<string, { bytes: number; fields: Record<string, { offset: number; bytes: number }> }>;
  readonly enums: Record<string, Record<string, number>>;
  readonly limits: Record<string, number>;
  /** One record of each kind, as hex, filled by C code. */
  readonly records: readonly string[];
}

let known: Layout | undefined;

/** What the C compiler makes of the headers. The fields come from the headers' text, so that none can be overlooked. */
function layout(): Layout {
  known ??= JSON.parse(runC(layoutProgram())) as Layout;
  return known;
}

function layoutProgram(): string {
  const text = HEADERS.replace(/\/\*[^]*?\*\//g, '');
  const structs = [...text.matchAll(/struct (\w+) \{([^]*?)\};/g)].map(([, name = '', body = '']) => {
    const names = [...body.matchAll(/(\w+)(?:\[\w+\])?;/g)].map(([, field = '']) => field);
    const fields = names.map((field) =>
      print(
        `"${camelCase(field)}":{"offset":%zu,"bytes":%zu}`,
        `offsetof(struct ${name}, ${field}), sizeof(((struct ${name} *)0)->${field})`,
      ),
    );
    return [print(`"${name}":{"bytes":%zu,"fields":{`, `sizeof(struct ${name})`), commas(fields), print('}}')].join('');
  });
  const enums = [...text.matchAll(/enum (\w+) \{([^]*?)\};/g)].map(([, name = '', body = '']) => {
    const values = [...body.matchAll(/(\w+) =/g)].map(([, constant = '']) => {
      return print(`"${camelCase(constant.toLowerCase().replace(/^[a-z]+_/, ''))}":%d`, constant);
    });
    return print(`"${name}":{`) + commas(values) + print('}');
  });
  const limits = ['MAX_ASKED_ARRAYS', 'MAX_HOOKS', 'MAX_SITES', 'BIN_SLOTS', 'SIZE8_SLOTS', 'SITE_NO_FRAME'].map(
    (name) => print(`"${name}":%d`, name),
  );
  return `${FILLED_RECORDS}
int main(void) {
  ${print('{"structs":{')}${commas(structs)}
  ${print('},"enums":{')}${commas(enums)}
  ${print('},"limits":{')}${commas(limits)}
  ${print('},"records":')} print_records(); ${print('}')}
}`;
}

/** The same values in every record, so that a field that is read in another's place shows. */
const FILLED_RECORDS = `#include <stdio.h>
#include <stddef.h>
#include <string.h>
#include "knobs.h"
#define HEAD(kind) (0x7f0012345678ULL | (unsigned long long)(kind) << EVENT_KIND_SHIFT | 2ULL << EVENT_HOOK_SHIFT)
static void print_hex(const void *record, size_t size, const char *end) {
  putchar('"');
  for (size_t i = 0; i < size; i++) printf("%02x", ((const unsigned char *)record)[i]);
  printf("\\"%s", end);
}
static void print_records(void) {
  struct alloc_event alloc = { .head = HEAD(EVENT_ALLOC), .size8 = 40, .site = 7 };
  struct alloc_path_event alloc_path = { .head = HEAD(EVENT_ALLOC_PATH), .size8 = 40, .site = 7, .path = 11, .unused = 99 };
  struct free_event freed = { .head = HEAD(EVENT_FREE), .size8 = 40, .site = 7 };
  struct realloc_event moved = { .head = HEAD(EVENT_REALLOC), .address = 0x7f0087654320ULL, .old_size8 = 40, .size8 = 80,
    .site = 7, .path = 11 };
  struct loop_event loop = { .head = HEAD(EVENT_LOOP), .heap_size = 0x100000002ULL, .time_ns = 0x300000004ULL,
    .loop = 5, .over = 6 };
  struct site_event site = { .head = HEAD(EVENT_SITE), .func = 0x7f0087654320ULL, .site = 7, .line = 12, .line_start = 10,
    .file_length = 5, .function_length = 9, .class_length = 6, .file = "file", .function = "function",
    .class_name = "class" };
  struct path_event path = { .head = HEAD(EVENT_PATH), .path = 11, .frames = 3, .truncated = 1, .unused = 99,
    .sites = { 21, 22, 23, 24 } };
  struct loop_event reset = { .head = HEAD(EVENT_RESET), .heap_size = 0x100000002ULL, .time_ns = 0x300000004ULL };
  struct process_event process = { .head = HEAD(EVENT_PROCESS), .change = PROCESS_EXEC, .unused = 99 };
  struct context_event context = { .head = HEAD(EVENT_CONTEXT), .loops = { 31, 32, 33, 34 } };
  struct over_event over = { .head = HEAD(EVENT_OVER), .loop = 5, .unused = 99 };
  struct insert_event insert = { .head = HEAD(EVENT_INSERT), .elements = -3, .site = 7, .path = 11,
    .unused = 99 };
  putchar('[');
  print_hex(&alloc, sizeof alloc, ",");
  print_hex(&alloc_path, sizeof alloc_path, ",");
  print_hex(&freed, sizeof freed, ",");
  print_hex(&moved, sizeof moved, ",");
  print_hex(&loop, sizeof loop, ",");
  print_hex(&site, sizeof site, ",");
  print_hex(&path, sizeof path, ",");
  print_hex(&reset, sizeof reset, ",");
  print_hex(&process, sizeof process, ",");
  print_hex(&context, sizeof context, ",");
  print_hex(&over, sizeof over, ",");
  print_hex(&insert, sizeof insert, "]");
}`;

/** A call of printf for JSON: the format's quotes are C's to escape. */
function print(format: string, values = ''): string {
  return `printf(${JSON.stringify(format)}${values === '' ? '' : `, ${values}`});\n`;
}

function commas(statements: readonly string[]): string {
  return statements.join(print(','));
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function offsets(fields: Record<string, { offset: number }> = {}): Record<string, number> {
  const named = Object.entries(fields).filter(([name]) => name !== 'unused');
  return Object.fromEntries(named.map(([name, { offset }]) => [name, offset]));
}

function missing(what: string): never {
  throw new Error(`${what} is missing in probes/`);
}
