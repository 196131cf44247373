import test from 'ava';
import type { CodeImage } from '../../src/php/code-image.js';
import { handlerSite } from '../../src/php/handler-site.js';

const START = 0x1000;
/** A handler's usual beginning: mov rax,[r15+8]; test eax,eax. */
const BEGINNING = [0x49, 0x8b, 0x47, 0x08, 0x85, 0xc0];
const JE_OVER_NOP = [0x74, 0x01, 0x90];
/** What goes on to the next opline: add r15,32; jmp [r15]. */
const NEXT_OPLINE = [0x49, 0x83, 0xc7, 0x20, 0x41, 0xff, 0x27];

function code(...bytes: number[]): CodeImage {
  const end = START + bytes.length;
  return {
    name: 'php',
    symbol: () => undefined,
    stubSymbol: () => undefined,
    slotSymbol: () => undefined,
    read: (address, lengthBytes) => Uint8Array.from(bytes).subarray(address - START, address - START + lengthBytes),
    bounds: () => ({ start: START, end }),
  };
}

test('the first jump of a straight beginning is probed, for the kernel emulates it', (t) => {
  t.is(handlerSite(code(...BEGINNING, ...JE_OVER_NOP, ...NEXT_OPLINE), START), START + BEGINNING.length);
});

test('a handler whose opline register changes before any jump is probed at its first instruction', (t) => {
  t.is(handlerSite(code(...BEGINNING, ...NEXT_OPLINE, ...JE_OVER_NOP), START), START);
});

test('a beginning that the code jumps back into is probed at its first instruction, which runs once', (t) => {
  // jmp to the test, behind the mov.
  const backward = [0xeb, 0x100 - (BEGINNING.length - 4 + JE_OVER_NOP.length + 2)];
  t.is(handlerSite(code(...BEGINNING, ...JE_OVER_NOP, ...backward), START), START);
});

test('a call ends the straight beginning', (t) => {
  t.is(handlerSite(code(0xe8, 0, 0, 0, 0, ...JE_OVER_NOP, ...NEXT_OPLINE), START), START);
});

test('bytes that are no code are probed at the address that PHP has', (t) => {
  t.is(handlerSite(code(0x06, 0x06, 0x06), START), START);
});
