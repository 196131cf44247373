import type { OlderFree } from './records.js';
import { SIZE_CLASSES, sizeClassOf } from './size-classes.js';

/** The blocks freed in one loop that are older than the trace, counted by size class. */
export class OlderFrees {
  private readonly blocks = new Float64Array(SIZE_CLASSES);
  private readonly bytes = new Float64Array(SIZE_CLASSES);
  private isEmpty = true;

  add(sizeBytes: number): void {
    const sizeClass = sizeClassOf(sizeBytes);
    this.blocks[sizeClass]!++;
    this.bytes[sizeClass]! += sizeBytes;
    this.isEmpty = false;
  }

  /** One entry for each class that occurred, the smallest first. */
  list(): OlderFree[] {
    const frees: OlderFree[] = [];
    if (this.isEmpty) return frees;
    for (let i = 0; i < SIZE_CLASSES; i++) {
      if (this.blocks[i]! > 0) frees.push({ blocks: this.blocks[i]!, bytes: this.bytes[i]! });
    }
    return frees;
  }

  clear(): void {
    if (this.isEmpty) return;
    this.blocks.fill(0);
    this.bytes.fill(0);
    this.isEmpty = true;
  }
}
