import type { StructureMemory } from './structure-memory.js';

/** What was found where the offsets lead is not what must be there. */
export class Contradiction extends Error {}

/** The name of what is looked at, and the look: a phrase of what was found, or a Contradiction. */
export type NamedLook = readonly [name: string, look: (memory: StructureMemory) => string];

export function demand(holds: boolean, why: () => string): void {
  if (!holds) throw new Contradiction(why());
}

export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}
