import type { GraphBuilder } from '../graph-builder.js';
import { NODE_KIND } from '../heap-graph.js';
import type { HeapView } from '../heap-view.js';
import { readZendStack } from '../structures/zend-stack.js';

/** php_output_handler (main/php_output.h, 7.4 to 8.5): its buffer's data, how large that is, and how much of it is used. */
const DATA = 24;
const SIZE = 32;
const USED = 40;
const MOST_HANDLERS = 1 << 16;

/**
 * The buffers of ob_start() hold text, and behind it whatever stood in their memory before: addresses, too, which are no
 * references.
 */
export function markOutputBuffers({ image, blocks }: HeapView, builder: GraphBuilder): void {
  const globals = image.header.symbols['output_globals'];
  if (globals === undefined) return;
  // php_output_globals begins with the zend_stack of handlers (main/php_output.h, 7.4 to 8.5).
  const { elements, count } = readZendStack(image, globals, MOST_HANDLERS);
  for (let index = 0; index < count; index++) {
    const handler = image.pointer(elements + 8 * index);
    const [data, sizeBytes, used] = [DATA, SIZE, USED].map((field) => image.pointer(handler + field)) as [
      number,
      number,
      number,
    ];
    const node = blocks.findAt(data);
    const isBuffer = node !== 0 && blocks.addressOf(node) === data && blocks.sizes8[node]! * 8 >= sizeBytes;
    if (isBuffer && used <= sizeBytes) builder.leaf(data, NODE_KIND.internal);
  }
}
