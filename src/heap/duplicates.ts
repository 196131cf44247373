import { createHash } from 'node:crypto';
import { grown } from './grown.js';
import { NODE_KIND } from './heap-graph.js';
import type { ImageGraph } from './graph.js';

/** Strings of the same content, each in a block of its own. */
export interface Duplicate {
  readonly count: number;
  readonly lengthBytes: number;
  /** What all but one of them take. */
  readonly wastedBytes: number;
  /** First 16 hex digits of the content's SHA-256. */
  readonly hash: string;
  /** One of them. */
  readonly node: number;
}

/** What all duplicates of a heap waste, and the worst. */
export interface Duplicates {
  /** So many contents are there more than once. */
  readonly contents: number;
  readonly wastedBytes: number;
  readonly strings: readonly Duplicate[];
}

/** The strings that waste most, at most `most`. Walks all strings: two passes over their bytes. */
export function duplicateStrings(graph: ImageGraph, most: number): Duplicates {
  const groups = new StringGroups(graph);
  for (let node = 1; node < graph.nodeCount; node++) if (graph.kinds[node] === NODE_KIND.string) groups.add(node);
  return groups.worst(most);
}

/** zend_string (Zend/zend_types.h): header and hash in 4 words, then the length, then the bytes. */
const LENGTH = 4;
const BYTES = 6;

class StringGroups {
  /** Hash slot -> group + 1. Open addressing, at most half full. */
  private slots = new Uint32Array(1 << 12);
  private first = new Uint32Array(1 << 10);
  private hashes = new Uint32Array(1 << 10);
  private counts = new Uint32Array(1 << 10);
  private wasted = new Float64Array(1 << 10);
  private groups = 0;

  constructor(private readonly graph: ImageGraph) {}

  add(node: number): void {
    const at = this.wordOf(node);
    const hash = this.hashOf(at);
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const group = this.slots[slot]! - 1;
      if (group < 0) break;
      if (this.hashes[group] === hash && this.isSame(at, this.wordOf(this.first[group]!))) {
        this.counts[group]!++;
        this.wasted[group]! += this.graph.sizes8[node]! * 8;
        return;
      }
      slot = (slot + 1) & mask;
    }
    if (this.groups === this.first.length) this.grow();
    this.first[this.groups] = node;
    this.hashes[this.groups] = hash;
    this.counts[this.groups] = 1;
    this.slots[slot] = ++this.groups;
    if (this.groups * 2 > this.slots.length) this.rehash();
  }

  worst(most: number): Duplicates {
    const order = Array.from({ length: this.groups }, (_, group) => group).filter((group) => this.counts[group]! > 1);
    order.sort((a, b) => this.wasted[b]! - this.wasted[a]!);
    const { view } = this.graph;
    const strings = order.slice(0, most).map((group) => {
      const node = this.first[group]!;
      const at = this.wordOf(node);
      const lengthBytes = this.lengthOf(at);
      const content = view.image.bytes(this.graph.addressOf(node) + BYTES * 4, lengthBytes);
      return {
        count: this.counts[group]!,
        lengthBytes,
        wastedBytes: this.wasted[group]!,
        hash: createHash('sha256').update(content).digest('hex').slice(0, 16),
        node,
      };
    });
    const wastedBytes = order.reduce((sum, group) => sum + this.wasted[group]!, 0);
    return { contents: order.length, wastedBytes, strings };
  }

  private wordOf(node: number): number {
    return this.graph.view.blocks.words[node]!;
  }

  private lengthOf(at: number): number {
    const { words } = this.graph.view.image;
    return words[at + LENGTH + 1] === 0 ? words[at + LENGTH]! : 0;
  }

  /** Whole words and the rest; FNV-1a by words, spread once more at the end. */
  private hashOf(at: number): number {
    const { words } = this.graph.view.image;
    const length = this.lengthOf(at);
    const whole = length >>> 2;
    let hash = 2166136261 ^ length;
    for (let word = at + BYTES; word < at + BYTES + whole; word++) hash = Math.imul(hash ^ words[word]!, 16777619);
    hash = Math.imul(hash ^ this.rest(at, length), 16777619);
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x85ebca6b) >>> 0;
  }

  private isSame(a: number, b: number): boolean {
    const { words } = this.graph.view.image;
    const length = this.lengthOf(a);
    if (length !== this.lengthOf(b) || this.rest(a, length) !== this.rest(b, length)) return false;
    for (let word = 0; word < length >>> 2; word++)
      if (words[a + BYTES + word] !== words[b + BYTES + word]) return false;
    return true;
  }

  /** The bytes of the last word that are the string's. */
  private rest(at: number, length: number): number {
    const bits = (length & 3) * 8;
    return bits === 0 ? 0 : this.graph.view.image.words[at + BYTES + (length >>> 2)]! & ((1 << bits) - 1);
  }

  private grow(): void {
    const length = this.groups * 2;
    this.first = grown(this.first, length);
    this.hashes = grown(this.hashes, length);
    this.counts = grown(this.counts, length);
    const wasted = new Float64Array(length);
    wasted.set(this.wasted);
    this.wasted = wasted;
  }

  private rehash(): void {
    this.slots = new Uint32Array(this.slots.length * 2);
    const mask = this.slots.length - 1;
    for (let group = 0; group < this.groups; group++) {
      let slot = this.hashes[group]! & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = group + 1;
    }
  }
}
