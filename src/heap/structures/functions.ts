import { displayName } from '../../php/frames.js';
import type { MemoryImage } from '../image.js';
import { readName } from './strings.js';

/** What is known of a function of PHP code, by its zend_op_array. */
export interface FunctionInfo {
  readonly address: number;
  /** `foo`, `Foo::bar`, `{closure}`, `{main}`. */
  readonly name: string;
  /** False for the code of a file, whose variables are the globals'. */
  readonly isFunction: boolean;
  readonly file: string;
  readonly line: number;
  readonly variables: number;
  readonly temporaries: number;
  readonly parameters: number;
  /** Address of the zend_string of a variable's name. */
  readonly variableName: (variable: number) => number;
}

const INTERNAL_FUNCTION = 1;
const MOST = 1 << 20;

/** The function of PHP code at an address; undefined for an extension's function, or where none can lie. */
export function readFunction(image: MemoryImage, address: number): FunctionInfo | undefined {
  const { engine, structures } = image.header;
  if (address === 0 || image.at(address) < 0) return undefined;
  const type = image.uint8(address + engine.func.type);
  if (type === 0 || type === INTERNAL_FUNCTION || type > 4) return undefined;
  const variables = image.uint32(address + structures.opArray.lastVar);
  const temporaries = image.uint32(address + structures.opArray.temporaries);
  if (variables > MOST || temporaries > MOST) return undefined;
  const name = readName(image, image.pointer(address + engine.func.functionName)) ?? null;
  const vars = image.pointer(address + structures.opArray.vars);
  return {
    address,
    name: displayName(name, classNameOf(image, address)),
    isFunction: name !== null,
    file: readName(image, image.pointer(address + engine.opArray.filename)) ?? '',
    line: image.uint32(address + engine.opArray.lineStart),
    variables,
    temporaries,
    parameters: image.uint32(address + engine.func.numArgs),
    variableName: (variable) => image.pointer(vars + 8 * variable),
  };
}

/** `foo()` or `Foo::bar()` of an extension's function; undefined where none lies. */
export function internalFunctionName(image: MemoryImage, address: number): string | undefined {
  const { engine } = image.header;
  if (address === 0 || image.uint8(address + engine.func.type) !== INTERNAL_FUNCTION) return undefined;
  const name = readName(image, image.pointer(address + engine.func.functionName));
  return name === undefined ? undefined : displayName(name, classNameOf(image, address));
}

function classNameOf(image: MemoryImage, func: number): string | null {
  const { engine } = image.header;
  const scope = image.pointer(func + engine.func.scope);
  return scope === 0 ? null : (readName(image, image.pointer(scope + engine.classEntry.name)) ?? null);
}
