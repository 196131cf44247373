import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { displayName, readFunction, readStack } from '../php/frames.js';
import type { FunctionInfo } from '../php/frames.js';
import { userFunctions } from '../php/functions.js';
import type { Engine } from '../php/functions.js';
import { nearNames, suggest } from '../php/near-names.js';
import { readOplines } from '../php/oplines.js';
import { isFileMeant } from './hook-spec.js';

/**
 * Why no code of `file.php:line` was met: no such file, no code at that line, or it has not run. Code that is in no
 * table and does not run, as a closure's, is not known. @throws UnreadableMemory
 */
export function explainLine(engine: Engine, { file, line }: { readonly file: string; readonly line: number }): string {
  const known = [...codeOf(engine)];
  const meant = known.filter((func) => isMeant(func, file));
  const [first] = meant;
  if (!first) {
    const bases = new Map(known.flatMap(({ file }) => (file === null ? [] : [[basename(file), file] as const])));
    const near = nearNames(basename(file), bases.keys()).map((name) => bases.get(name) ?? name);
    return `none of the files whose code is known is ${file}${suggest(near)}`;
  }
  const lines = new Map<number, FunctionInfo>();
  for (const func of meant)
    for (const { line } of readOplines(engine.memory, engine.layout, func)) lines.set(line, func);
  const there = lines.get(line);
  if (there) return `line ${String(line)} is in ${displayName(there.name, there.className)}, which was not seen to run`;
  const nearest = [below(lines.keys(), line), above(lines.keys(), line)].filter(Number.isFinite).map(String);
  return `${first.file ?? ''} has no code at line ${String(line)} that is known; the nearest is at ${nearest.join(' and ')}`;
}

/**
 * How long the file of `file.php:line` is, in words, where it ends before that line, so that no code can ever come there;
 * undefined where it does not, or is not loaded yet. Of several files of that name none may be longer.
 * @throws UnreadableMemory
 */
export function endBefore(
  { engine, pid }: { readonly engine: Engine; readonly pid: number },
  { file, line }: { readonly file: string; readonly line: number },
): string | undefined {
  const files = new Set([...codeOf(engine)].filter((func) => isMeant(func, file)).map((func) => func.file ?? ''));
  const lengths = [...files].map((name) => linesOf(`/proc/${String(pid)}/root${name}`));
  if (lengths.length === 0 || lengths.some((length) => length === undefined || length >= line)) return undefined;
  return `the file ends at line ${String(Math.max(...lengths.map(Number)))}`;
}

/** Undefined for what is no file, as code of an `eval`, or is not to be read. */
function linesOf(file: string): number | undefined {
  try {
    return readFileSync(file, 'latin1').trimEnd().split('\n').length;
  } catch {
    return undefined;
  }
}

function isMeant(func: FunctionInfo, file: string): boolean {
  return func.file !== null && isFileMeant(func.file, file);
}

/** Functions and methods in PHP's tables, and what is on the stack. */
function* codeOf(engine: Engine): Generator<FunctionInfo> {
  const { memory, layout, executorGlobals } = engine;
  const running = readStack(memory, layout, executorGlobals)?.filter(({ internal }) => !internal) ?? [];
  for (const { func } of [...running, ...userFunctions(engine)]) {
    const info = readFunction(memory, layout, func);
    if (info.isCompiled) yield info;
  }
}

function below(lines: Iterable<number>, line: number): number {
  return Math.max(...[...lines].filter((at) => at < line));
}

function above(lines: Iterable<number>, line: number): number {
  return Math.min(...[...lines].filter((at) => at > line));
}
