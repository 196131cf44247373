import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Disassembler } from '../../src/php/disassembly.js';
import { openElf } from '../../src/php/elf.js';
import { variableChains } from '../../src/php/load-chains.js';
import { readMaps } from '../../src/php/maps.js';
import { ProcessMemory } from '../../src/php/memory.js';
import { variablesOfThread } from '../../src/php/thread-variables.js';
import { integration, root, until, type Workplace } from './harness.js';

const SOURCE = join(root, 'test/integration/programs/thread-variables.c');

/** Where the variable is, and how its code is compiled. */
const KINDS: readonly [where: string, isLibrary: boolean, options: readonly string[]][] = [
  ['a program', false, []],
  ['a program made of code for a library', false, ['-fPIC']],
  ['a library that is there from the start', true, ['-fPIC', '-ftls-model=initial-exec']],
  ['any library', true, ['-fPIC']],
];

for (const [where, isLibrary, options] of KINDS) {
  integration(`each thread's own variable of ${where} is where its code has it`, async (t, place) => {
    const [program, file] = compile(place, isLibrary, options);
    const running = place.start(program, []);
    await until(
      () => running.stdout.split('\n').length > 2 || running.ended !== undefined,
      `two threads: ${running.stderr}`,
    );
    const start = readMaps(running.pid).find(({ path }) => path === file)?.start ?? 0;
    const process = { memory: new ProcessMemory(running.pid), loadBias: start };
    const variable = kept(file);
    for (const line of running.stdout.trim().split('\n')) {
      const [threadPointer = 0, table = 0] = line.split(' ').map((hex) => parseInt(hex, 16));
      const variables = variablesOfThread(process, threadPointer, variable.root) ?? 0;
      t.is(process.memory.pointer(variables + variable.offset), table, line);
    }
  });
}

/** The program, and the file that has the variable. */
function compile(place: Workplace, isLibrary: boolean, options: readonly string[]): [string, string] {
  const [program, library] = [place.path('program'), place.path('library.so')];
  const gcc = (...args: readonly string[]) => execFileSync('gcc', ['-O2', '-pthread', ...args]);
  if (!isLibrary) {
    gcc(...options, '-DLIBRARY', '-DPROGRAM', '-rdynamic', '-o', program, SOURCE);
    return [program, program];
  }
  gcc(...options, '-DLIBRARY', '-shared', '-o', library, SOURCE);
  gcc('-DPROGRAM', '-o', program, SOURCE, library);
  return [program, library];
}

/** The one that `sum` reads through for the elements of a table. */
function kept(file: string): { root: string; offset: number } {
  const elf = openElf(file);
  const disassembler = new Disassembler(elf);
  try {
    const { accesses } = variableChains(disassembler, elf.symbol('sum')?.address ?? 0);
    const elements = accesses.find(({ root: from, path }) => from.startsWith('thread') && path[1] === 16);
    return { root: elements?.root ?? '', offset: elements?.path[0] ?? 0 };
  } finally {
    disassembler.free();
    elf.close();
  }
}
