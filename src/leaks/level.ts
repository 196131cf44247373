/** An amount of memory. */
export interface Level {
  readonly blocks: number;
  readonly bytes: number;
}

export const NOTHING: Level = { blocks: 0, bytes: 0 };

export function plus(a: Level, b: Level): Level {
  return { blocks: a.blocks + b.blocks, bytes: a.bytes + b.bytes };
}

export function minus(a: Level, b: Level): Level {
  return { blocks: a.blocks - b.blocks, bytes: a.bytes - b.bytes };
}
