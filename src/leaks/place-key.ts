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

function withoutClass(name: string): string {
  return name.slice(name.indexOf('::') + 1);
}
