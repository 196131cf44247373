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
  t.is(handlerSite(code(...BEGINNING, ...JE_OVER_NOP, ...NEXT_OPLINE), START, 'registers'), START + BEGINNING.length);
});

test('a handler whose opline register changes before any jump is probed at its first instruction', (t) => {
  t.is(handlerSite(code(...BEGINNING, ...NEXT_OPLINE, ...JE_OVER_NOP), START, 'registers'), START);
});

test('a beginning that the code jumps back into is probed at its first instruction, which runs once', (t) => {
  // jmp to the test, behind the mov.
  const backward = [0xeb, 0x100 - (BEGINNING.length - 4 + JE_OVER_NOP.length + 2)];
  t.is(handlerSite(code(...BEGINNING, ...JE_OVER_NOP, ...backward), START, 'registers'), START);
});

test('a call ends the straight beginning', (t) => {
  t.is(handlerSite(code(0xe8, 0, 0, 0, 0, ...JE_OVER_NOP, ...NEXT_OPLINE), START, 'registers'), START);
});

test('bytes that are no code are probed at the address that PHP has', (t) => {
  t.is(handlerSite(code(0x06, 0x06, 0x06), START, 'registers'), START);
});

/** A handler that is a function, its frame in rdi: mov rax,[rdi]; cmp byte [rdi+rax+8],4. */
const FUNCTION_BEGINNING = [0x48, 0x8b, 0x07, 0x80, 0x7c, 0x07, 0x08, 0x04];
const RETURN = 0xc3;

test('where the opline is in the frame, the first jump is probed as long as the frame is in its register', (t) => {
  const site = handlerSite(code(...FUNCTION_BEGINNING, ...JE_OVER_NOP, RETURN), START, 'frame');
  t.is(site, START + FUNCTION_BEGINNING.length);
  // mov rdi,[rdi]
  t.is(handlerSite(code(0x48, 0x8b, 0x3f, ...JE_OVER_NOP, RETURN), START, 'frame'), START);
});

test('where the opline is in the frame, nothing is probed behind what may write it', (t) => {
  // add qword [rdi],32
  t.is(handlerSite(code(0x48, 0x83, 0x07, 0x20, ...JE_OVER_NOP, RETURN), START, 'frame'), START);
});
