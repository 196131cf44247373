import { createHash } from 'node:crypto';
import type { ImageGraph } from './graph.js';

/** zend_string (Zend/zend_types.h, 7.4 to 8.5): header and hash in 16 bytes, then the length, then the bytes. */
const LENGTH = 16;
const BYTES = 24;
/** Bytes of the hash that are shown. */
const HASH_BYTES = 8;

/** What can be said of a string without saying what is in it. */
export interface StringFacts {
  readonly lengthBytes: number;
  /** First 16 hex digits of the SHA-256 of its bytes. */
  readonly hash: string;
}

/** Of the string that a node is. */
export function stringFacts(graph: ImageGraph, node: number): StringFacts {
  const content = bytesOf(graph, node);
  const hash = createHash('sha256')
    .update(content)
    .digest('hex')
    .slice(0, 2 * HASH_BYTES);
  return { lengthBytes: content.length, hash };
}

/** Its first bytes as text; what is no UTF-8 becomes U+FFFD, and an ellipsis stands for the rest. */
export function stringText(graph: ImageGraph, node: number, mostBytes: number): string {
  const content = bytesOf(graph, node);
  const text = Buffer.from(content.subarray(0, mostBytes)).toString('utf8');
  return content.length > mostBytes ? `${text}…` : text;
}

/** A length that leaves the block is cut off at its end. */
function bytesOf(graph: ImageGraph, node: number): Uint8Array {
  const { image } = graph.view;
  const address = graph.addressOf(node);
  const room = graph.sizes8[node]! * 8 - BYTES;
  return image.bytes(address + BYTES, Math.max(0, Math.min(image.pointer(address + LENGTH), room)));
}
