import { PhptraceError } from '../errors.js';
import type { MemoryImage } from './image.js';

/** Address of executor_globals in the process. */
export function executorGlobals(image: MemoryImage): number {
  return required(image, 'executor_globals');
}

/** Address of compiler_globals in the process. */
export function compilerGlobals(image: MemoryImage): number {
  return required(image, 'compiler_globals');
}

/** Address of the table of all objects: EG(objects_store).object_buckets. */
export function objectTableOf(image: MemoryImage): number {
  return image.pointer(executorGlobals(image) + image.header.structures.eg.objectsStore);
}

function required(image: MemoryImage, symbol: string): number {
  const address = image.header.symbols[symbol];
  if (address !== undefined && image.at(address) >= 0) return address;
  throw new PhptraceError(
    `the memory image lacks ${symbol}: it was cut, or taken of a PHP without exported symbols: take a new dump`,
  );
}
