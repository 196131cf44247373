import { PhptraceError } from '../../errors.js';
import type { MemoryImage } from '../image.js';

/** Address of executor_globals in the process. */
export function executorGlobals(image: MemoryImage): number {
  return required(image, 'executor_globals');
}

/** Address of compiler_globals in the process. */
export function compilerGlobals(image: MemoryImage): number {
  return required(image, 'compiler_globals');
}

function required(image: MemoryImage, symbol: string): number {
  const address = image.header.symbols[symbol];
  if (address !== undefined && image.at(address) >= 0) return address;
  throw new PhptraceError(
    `the memory image lacks ${symbol}: it was cut, or taken of a PHP without exported symbols: take a new dump`,
  );
}
