import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';

/** MAX_BPF_STACK (include/linux/filter.h): of a program and the functions that it calls, before Linux 6.13 in all. */
const MOST_BYTES = 512;
/** Each function's part is rounded up to so much, and is at least that (check_max_stack_depth in kernel/bpf/verifier.c). */
const GRAIN_BYTES = 32;

const object = fileURLToPath(new URL('../../probes/trace.bpf.o', import.meta.url));

interface BpfFunction {
  stackBytes: number;
  readonly calls: Set<string>;
}

test('no kernel program takes more stack, with what it calls, than older kernels allow', (t) => {
  const functions = readFunctions(execFileSync('llvm-objdump', ['-d', '-r', object], { encoding: 'utf8' }));
  t.true([...functions.keys()].includes('on_site'));
  t.true(
    [...functions.values()].some(({ calls }) => calls.size > 0),
    'calls are seen',
  );
  t.true(
    [...functions.values()].some(({ stackBytes }) => stackBytes > GRAIN_BYTES),
    'stack is seen',
  );
  const tooDeep = [...functions.keys()].filter((name) => depthOf(functions, name) > MOST_BYTES);
  t.deepEqual(tooDeep, []);
});

function depthOf(functions: ReadonlyMap<string, BpfFunction>, name: string): number {
  const { stackBytes = 0, calls = [] } = functions.get(name) ?? {};
  const own = Math.max(1, Math.ceil(stackBytes / GRAIN_BYTES)) * GRAIN_BYTES;
  return own + Math.max(0, ...[...calls].map((callee) => depthOf(functions, callee)));
}

/** By the offsets from r10, the frame's end, and the relocations of calls. */
function readFunctions(listing: string): Map<string, BpfFunction> {
  const functions = new Map<string, BpfFunction>();
  let current: BpfFunction = { stackBytes: 0, calls: new Set() };
  for (const line of listing.split('\n')) {
    const name = /^[0-9a-f]+ <(?!LBB)(.+)>:$/.exec(line)?.[1];
    if (name !== undefined) functions.set(name, (current = { stackBytes: 0, calls: new Set() }));
    const offset = /r10 - (0x[0-9a-f]+|\d+)|\br[1-9] \+= -(0x[0-9a-f]+|\d+)$/.exec(line);
    const bytes = Number(offset?.[1] ?? offset?.[2] ?? 0);
    // A number that is subtracted may be any; one that is an offset into the frame cannot be larger.
    if (bytes <= MOST_BYTES) current.stackBytes = Math.max(current.stackBytes, bytes);
    const callee = /R_BPF_64_32\s+(\S+)/.exec(line)?.[1];
    if (callee !== undefined) current.calls.add(callee);
  }
  return functions;
}
