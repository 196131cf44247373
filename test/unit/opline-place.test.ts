import test from 'ava';
import { PhptraceError } from '../../src/errors.js';
import { Disassembler } from '../../src/php/disassembly.js';
import { findOplinePlace } from '../../src/php/opline-place.js';
import type { OplinePlace } from '../../src/php/opline-place.js';
import { CutImage, cutBinary } from '../fixtures/sites/image.js';

const EXECUTE_EX = 0x1000;
const ZEND_VM_KIND = 0x2000;
const CALL = 1;
const HYBRID = 4;
const TAILCALL = 5;

/** What `execute_ex` of each build begins with; `rdi` is the frame. */
const BUILDS = {
  // mov r14,rdi; test rdi,rdi; je 1f; mov r15,[rdi]; jmp [r15]; 1: ret
  hybrid: [0x49, 0x89, 0xfe, 0x48, 0x85, 0xff, 0x74, 0x06, 0x4c, 0x8b, 0x3f, 0x41, 0xff, 0x27, 0xc3],
  // mov r14,rdi; mov r15,[r14]; mov rax,[r15]; jmp rax
  hybridByCopy: [0x49, 0x89, 0xfe, 0x4d, 0x8b, 0x3e, 0x49, 0x8b, 0x07, 0xff, 0xe0],
  // mov r14,rdi; mov rax,[r14]; jmp [rax]
  oplineElsewhere: [0x49, 0x89, 0xfe, 0x49, 0x8b, 0x06, 0xff, 0x20],
  // mov rbx,rdi; 1: mov rax,[rbx]; mov rdi,rbx; call [rax]; test eax,eax; je 1b; ret
  call: [0x48, 0x89, 0xfb, 0x48, 0x8b, 0x03, 0x48, 0x89, 0xdf, 0xff, 0x10, 0x85, 0xc0, 0x74, 0xf4, 0xc3],
  // mov r14,rdi; mov r15,[rdi]; 1: call [r15]; test eax,eax; je 1b; ret
  callWithoutArgument: [0x49, 0x89, 0xfe, 0x4c, 0x8b, 0x3f, 0x41, 0xff, 0x17, 0x85, 0xc0, 0x74, 0xf9, 0xc3],
  // mov rbx,rdi; mov rsi,[rdi]; 1: mov rdi,rbx; call [rsi]; mov rsi,rax; test al,1; je 1b; ret
  callThatReturnsOpline: [
    ...[0x48, 0x89, 0xfb, 0x48, 0x8b, 0x37, 0x48, 0x89, 0xdf, 0xff, 0x16],
    ...[0x48, 0x89, 0xc6, 0xa8, 0x01, 0x74, 0xf4, 0xc3],
  ],
};

function placeIn(kind: number, code: readonly number[]): OplinePlace {
  // mov eax,kind; ret
  const functions = new Map([
    [EXECUTE_EX, Uint8Array.from(code)],
    [ZEND_VM_KIND, Uint8Array.from([0xb8, kind, 0, 0, 0, 0xc3])],
  ]);
  const symbols = new Map([
    ['execute_ex', EXECUTE_EX],
    ['zend_vm_kind', ZEND_VM_KIND],
  ]);
  const bytesAt = (start: number): Uint8Array => functions.get(start) ?? new Uint8Array();
  const disassembler = new Disassembler({
    name: 'php',
    symbol: (name) => {
      const address = symbols.get(name);
      return address === undefined ? undefined : { address, sizeBytes: bytesAt(address).length };
    },
    stubSymbol: () => undefined,
    slotSymbol: () => undefined,
    read: (address, lengthBytes) => bytesAt(address).subarray(0, lengthBytes),
    bounds: (address) => {
      const start = address - (address % 0x1000);
      return { start, end: start + bytesAt(start).length };
    },
  });
  try {
    return findOplinePlace(disassembler, null, 0);
  } finally {
    disassembler.free();
  }
}

test('the hybrid VM has its frame in r14 and its opline in r15', (t) => {
  t.is(placeIn(HYBRID, BUILDS.hybrid), 'registers');
  t.is(placeIn(HYBRID, BUILDS.hybridByCopy), 'registers');
});

test('a VM that calls handlers with the frame, and reads the opline out of it each time, has it there', (t) => {
  t.is(placeIn(CALL, BUILDS.call), 'frame');
});

test('PHP 8.2 that clang has compiled is such a one', (t) => {
  t.is(findOplinePlace(new Disassembler(new CutImage(cutBinary('clang-8.2.32'))), null, 0), 'frame');
});

for (const [what, kind, code] of [
  ['calls handlers that return the next opline', CALL, BUILDS.callThatReturnsOpline],
  ['calls handlers without an argument', CALL, BUILDS.callWithoutArgument],
  ['jumps to handlers with the opline in another register', HYBRID, BUILDS.oplineElsewhere],
  ['is of another kind', TAILCALL, BUILDS.hybrid],
  ['says that it is hybrid and is not', HYBRID, BUILDS.call],
  ['says that it calls handlers and does not', CALL, BUILDS.hybrid],
] as const) {
  test(`a VM that ${what} is refused in one line`, (t) => {
    const error = t.throws(() => placeIn(kind, code), { instanceOf: PhptraceError });
    t.is(
      error.message,
      `php: its VM (kind ${String(kind)}) does not keep the current opline in the frame or in r15, where it could be ` +
        'read: use a PHP that GCC has built with its global registers',
    );
  });
}
