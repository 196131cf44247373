import test from 'ava';
import { Disassembler } from '../../src/php/disassembly.js';
import { STATIC_DATA, loadChains, variableChains } from '../../src/php/load-chains.js';
import { THREAD_VARIABLES, variablesByModule, variablesBySlot } from '../../src/php/thread-variables.js';
import { CutImage } from '../fixtures/sites/image.js';

// What GCC makes of `static __thread struct table *t`, and of the load of t->used: by how the thread's variables are found.

const CODE = 0x1000;
const STUB = 0x2000;
const USED = '8b4818'; // mov ecx, [rax+0x18]
const RETURN = 'c3';

const MODELS: readonly [what: string, code: string, root: string, offset: number][] = [
  ['in a program, at a distance that the code names', '64488b042528ffffff', THREAD_VARIABLES, -0xd8], // mov rax, fs:[-0xd8]
  [
    'in a program made of code for a library, at a distance from where the thread pointer points',
    '64488b042500000000' + '488b80f8ffffff', // mov rax, fs:[0]; mov rax, [rax-8]
    THREAD_VARIABLES,
    -8,
  ],
  [
    'in a library that is there from the start, at a distance in a linkage slot',
    '488b05f91f0000' + '64488b00', // mov rax, [rip+0x1ff9]; mov rax, fs:[rax]
    variablesBySlot(0x3000),
    0,
  ],
  [
    'in any library, by a call of __tls_get_addr',
    '488d3df91f0000' + 'e8f40f0000' + '488b8020000000', // lea rdi, [rip+0x1ff9]; call STUB; mov rax, [rax+0x20]
    variablesByModule(0x3000),
    0x20,
  ],
  ['where threads do not matter, as static data', '488b05f91f0000', STATIC_DATA, 0x3000], // mov rax, [rip+0x1ff9]
];

function open(code: string): Disassembler {
  const functions = { [hex(CODE)]: code + USED + RETURN };
  const stubs = { [hex(STUB)]: '__tls_get_addr' };
  return new Disassembler(
    new CutImage({ build: 'bytes', version: '8.2.36', symbols: {}, slots: {}, stubs, functions, data: {} }),
  );
}

for (const [what, code, root, offset] of MODELS) {
  test(`a variable is followed ${what}`, (t) => {
    const { accesses } = variableChains(open(code), CODE);
    const reads = accesses.filter((access) => access.root === root && access.path[0] === offset);
    t.deepEqual(
      reads.map(({ path, sizeBytes }) => [path, sizeBytes]),
      [
        [[offset], 8],
        [[offset, 24], 4],
      ],
    );
  });
}

test('a call of anything else returns no variables', (t) => {
  const code = open('488d3df91f0000' + 'e8f40f0000' + '488b8020000000');
  const image = new CutImage({
    ...{ build: 'bytes', version: '8.2.36', symbols: {}, slots: {}, stubs: {}, data: {} },
    functions: { [hex(CODE)]: Buffer.from(code.image.read(CODE, 23)).toString('hex') },
  });
  t.deepEqual(variableChains(new Disassembler(image), CODE).accesses, []);
});

test('layouts of globals are derived without them', (t) => {
  t.deepEqual(loadChains(open('64488b042528ffffff'), CODE, []).accesses, []);
});

function hex(address: number): string {
  return `0x${address.toString(16)}`;
}
