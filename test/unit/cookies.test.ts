import test from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REGISTERS, encodeCookie } from '../../src/bpf/abi.js';
import type { Cookie } from '../../src/bpf/abi.js';
import { PROBES, runC } from '../fixtures/c/run.js';

const PROGRAMS = readFileSync(join(PROBES, 'trace.bpf.c'), 'utf8');

test('the programs read from a cookie what was written into it', (t) => {
  const cookies: Cookie[] = [
    {},
    { site: 'free', bin: 29, pointer: 'rdi' },
    { value: 'rax' },
    { value: 3 },
    { site: 'alloc', value: 'rsi', pointer: 'r15', heap: 'rbx', asksForCustom: true },
    { site: 'realloc', pointer: 'r8', value: 'r9', nullIsAlloc: true },
    { asksForCustom: false, nullIsAlloc: false, bin: 0, value: 0, heap: 'rax' },
  ];
  const none = 0xff;
  t.deepEqual(readCookies(cookies.map(encodeCookie)), [
    { bin: none, value: none, pointer: none, heap: none, asksForCustom: 0, nullIsAlloc: 0, site: 0 },
    { bin: 29, value: none, pointer: 7, heap: none, asksForCustom: 0, nullIsAlloc: 0, site: 2 },
    { bin: none, value: 0, pointer: none, heap: none, asksForCustom: 0, nullIsAlloc: 0, site: 0 },
    { bin: none, value: 3, pointer: none, heap: none, asksForCustom: 0, nullIsAlloc: 0, site: 0 },
    { bin: none, value: 6, pointer: 15, heap: 3, asksForCustom: 1, nullIsAlloc: 0, site: 1 },
    { bin: none, value: 9, pointer: 8, heap: none, asksForCustom: 0, nullIsAlloc: 1, site: 3 },
    { bin: 0, value: 0, pointer: none, heap: 0, asksForCustom: 0, nullIsAlloc: 0, site: 0 },
  ]);
  for (const site of ['alloc', 'free', 'realloc', 'result', 'insert', 'switch', 'handler', 'symbol'] as const) {
    const number = encodeCookie({ site }) >> 34n;
    t.regex(PROGRAMS, new RegExp(`#define SITE_${site.toUpperCase()} ${number}\n`));
  }
  for (const name of ['NO_BIN', 'NO_REGISTER'])
    t.regex(PROGRAMS, new RegExp(`#define ${name} 0x${none.toString(16)}\n`));
});

test('a register has the number by which the programs read it', (t) => {
  const read = [...PROGRAMS.matchAll(/case (\d+):\s+READ_REGISTER\((\w+)\);/g)];
  // The stack pointer holds no argument.
  const expected = REGISTERS.filter((name) => name !== 'rsp').map((name) => [name, REGISTERS.indexOf(name)]);
  t.deepEqual(
    read.map(([, number, name]) => [name, Number(number)]),
    expected,
  );
});

/** What the programs' own macros make of cookies. */
function readCookies(cookies: readonly bigint[]): Record<string, number>[] {
  const macros = (PROGRAMS.match(/^#define COOKIE_.*$/gm) ?? []).join('\n');
  const program = `#include <stdio.h>
#include <stdlib.h>
typedef unsigned int u32;
${macros}
int main(int argc, char **argv) {
  putchar('[');
  for (int i = 1; i < argc; i++) {
    unsigned long long c = strtoull(argv[i], 0, 10);
    printf("{\\"bin\\":%u,\\"value\\":%u,\\"pointer\\":%u,\\"heap\\":%u,\\"asksForCustom\\":%d,\\"nullIsAlloc\\":%d,\\"site\\":%u}%s",
      COOKIE_BIN(c), COOKIE_VALUE(c), COOKIE_POINTER(c), COOKIE_HEAP(c), (c & COOKIE_ASKS_FOR_CUSTOM) != 0,
      (c & COOKIE_NULL_IS_ALLOC) != 0, COOKIE_SITE(c), i + 1 < argc ? "," : "]");
  }
}`;
  return JSON.parse(runC(program, cookies.map(String))) as Record<string, number>[];
}
