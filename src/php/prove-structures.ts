import { PhptraceError } from '../errors.js';
import { Contradiction } from './contradiction.js';
import { UnreadableMemory } from './memory.js';
import { CLASS_CHECKS } from './prove-classes.js';
import { GLOBAL_CHECKS } from './prove-globals.js';
import { OBJECT_CHECKS } from './prove-objects.js';
import type { StructureMemory } from './structure-memory.js';

/** One thing that the process confirmed. */
export interface StructureCheck {
  readonly name: string;
  /** What was found there, one phrase. */
  readonly found: string;
}

/**
 * Looks at a living process through derived offsets. Returns what it confirmed; what the process does not have yet (a
 * fiber, a class with static members) is said to be so. The process may run meanwhile: what contradicts is looked at
 * again before it counts.
 *
 * @throws PhptraceError at the first thing that contradicts the offsets, with what was found in its place
 */
export function proveStructures(memory: StructureMemory): readonly StructureCheck[] {
  return [...GLOBAL_CHECKS, ...CLASS_CHECKS, ...OBJECT_CHECKS].map(([name, look]) => ({
    name,
    found: lookAgain(memory, name, look),
  }));
}

/** A process that switches fibers thousands of times a second has changed during every second look at them. */
const LOOKS = 10;

function lookAgain(memory: StructureMemory, name: string, look: (memory: StructureMemory) => string): string {
  let why = '';
  for (let attempt = 0; attempt < LOOKS; attempt++) {
    try {
      return look(memory);
    } catch (error) {
      if (!(error instanceof Contradiction) && !(error instanceof UnreadableMemory)) throw error;
      why = error.message;
    }
  }
  throw new PhptraceError(
    `process ${String(memory.engine.memory.pid)}: the ${name} of PHP ${memory.engine.layout.version} is not as derived: ` +
      `${why}: a snapshot of this build is not supported yet; send the output of \`phptrace doctor\``,
  );
}
