import { PhptraceError } from '../errors.js';

/** What a `--loop` names. */
export type HookSpec =
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'method'; readonly className: string; readonly method: string }
  | { readonly kind: 'line'; readonly file: string; readonly line: number }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'request' }
  | { readonly kind: 'none' };

/** A PHP label, with namespaces (Zend/zend_language_scanner.l: LABEL). */
const LABEL = /^\\?[A-Za-z_\x80-\uffff][\w\x80-\uffff]*(\\[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)*$/;

/** Reads a `--loop`. @throws PhptraceError with the forms there are */
export function parseHookSpec(text: string): HookSpec {
  if (text === 'request' || text === 'none') return { kind: text };
  const symbol = /^symbol:(\S+)$/.exec(text)?.[1];
  if (symbol !== undefined) return { kind: 'symbol', name: symbol };
  const method = /^(.+)::(.+)$/.exec(text);
  if (method?.[1] !== undefined && method[2] !== undefined && LABEL.test(method[1]) && LABEL.test(method[2])) {
    return { kind: 'method', className: method[1], method: method[2] };
  }
  const line = /^(.+):(\d+)$/.exec(text);
  if (line?.[1] !== undefined && Number(line[2]) > 0) return { kind: 'line', file: line[1], line: Number(line[2]) };
  if (LABEL.test(text)) return { kind: 'function', name: text };
  throw new PhptraceError(
    `--loop ${text} is none of: function, Class::method, file.php:line, symbol:NAME, request, none`,
  );
}

/** True where a file, as PHP names it, is the one meant: the same path or the same end of it. */
export function isFileMeant(file: string, meant: string): boolean {
  return file === meant || file.endsWith(`/${meant.replace(/^\.?\//, '')}`);
}
