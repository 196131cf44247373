import test from 'ava';
import { InstructionDecoder } from '../../src/php/decoder.js';
import type { Instruction } from '../../src/php/instruction.js';

// What an instruction writes is kept by its form: each of these has a neighbour that differs in little.

const FORMS: readonly (readonly [name: string, bytes: readonly number[], written: readonly string[]])[] = [
  ['rep movsb', [0xf3, 0xa4], ['rcx', 'rdi', 'rsi']],
  ['movsb, as long', [0x48, 0xa4], ['rdi', 'rsi']],
  ['movsb of segment gs', [0x65, 0xa4], ['rdi', 'rsi']],
  ['stosq', [0x48, 0xab], ['rdi']],
  ['rep stosq', [0xf3, 0x48, 0xab], ['rcx', 'rdi']],
  ['repne scasb', [0xf2, 0xae], ['rcx', 'rdi']],
  ['scasb', [0xae], ['rdi']],
  ['mov rax, rbx', [0x48, 0x89, 0xd8], ['rax']],
  ['mov rcx, rbx', [0x48, 0x89, 0xd9], ['rcx']],
  ['mov [rax], rbx', [0x48, 0x89, 0x18], []],
  ['mov [rcx], rbx', [0x48, 0x89, 0x19], []],
  ['xchg [rcx], rbx', [0x48, 0x87, 0x19], ['rbx']],
  ['xchg [rcx], rdx', [0x48, 0x87, 0x11], ['rdx']],
  ['push rax', [0x50], ['rsp']],
  ['push [rax]', [0xff, 0x30], ['rsp']],
  ['pop rbx', [0x5b], ['rbx', 'rsp']],
  ['pop rcx', [0x59], ['rcx', 'rsp']],
  ['mul rbx', [0x48, 0xf7, 0xe3], ['rax', 'rdx']],
  ['div rbx', [0x48, 0xf7, 0xf3], ['rax', 'rdx']],
  ['cmp rax, rbx', [0x48, 0x39, 0xd8], []],
  ['lock cmpxchg [rdi], rsi', [0xf0, 0x48, 0x0f, 0xb1, 0x37], ['rax']],
  ['add eax, ebx', [0x01, 0xd8], ['rax']],
  ['call', [0xe8, 0, 0, 0, 0], ['rsp']],
  ['ret', [0xc3], ['rsp']],
];

test('what an instruction writes does not depend on those that were decoded before', (t) => {
  const one = new InstructionDecoder();
  t.teardown(() => one.free());
  for (const [name, bytes, written] of [...FORMS, ...FORMS.toReversed()]) {
    const fresh = new InstructionDecoder();
    const alone = decode(fresh, bytes);
    fresh.free();
    t.deepEqual(alone.written.toSorted(), written, name);
    // Each at an address of its own, for a function is read once.
    t.deepEqual({ ...decode(one, bytes, (next += 64)), address: 0, next: 0 }, { ...alone, address: 0, next: 0 }, name);
  }
});

let next = 0x1000;

function decode(decoder: InstructionDecoder, bytes: readonly number[], at = 0x1000): Instruction {
  const instruction = decoder.decode(at, at, () => Uint8Array.from(bytes));
  if (instruction === undefined) throw new Error('no instruction');
  // A call's target is told from its address.
  return { ...instruction, ...(instruction.target === undefined ? {} : { target: instruction.target - at }) };
}
