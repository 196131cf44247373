/** What PHP puts behind file and line of an `eval` to name the file of its code (zend_language_scanner, all versions). */
const EVAL_MARK = " : eval()'d code";

/**
 * The same text for what counts as one place. Code that `eval` makes is made again and again under one name of a file,
 * and where it is a class, that has another name each time (compiled templates, doubles of tests): there the name of
 * the class is no part of the place.
 */
export function placeKey(file: string | null, line: number, name: string | null): string {
  const isEvaluated = file?.endsWith(EVAL_MARK) === true;
  return JSON.stringify([file, line, isEvaluated && name !== null ? withoutClass(name) : name]);
}

/** How many lines these places are: a line that is in two functions is one. */
export function lineCount(places: readonly { readonly file: string | null; readonly line: number }[]): number {
  return new Set(places.map(({ file, line }) => lineKey(file, line))).size;
}

/** The same text for places on one line, whatever their functions. */
export function lineKey(file: string | null, line: number): string {
  return placeKey(file, line, null);
}

function withoutClass(name: string): string {
  return name.slice(name.indexOf('::') + 1);
}
