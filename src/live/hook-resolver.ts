import { declaresClosure, entryOpline, isJumpTarget, isMarker, loopStatements, readOplines } from '../php/oplines.js';
import type { Opline } from '../php/oplines.js';
import { readFunction, readStack } from '../php/frames.js';
import type { FunctionInfo } from '../php/frames.js';
import { findFunction, findMethod, foldName, userFunctionNames } from '../php/functions.js';
import type { Engine } from '../php/functions.js';
import type { SiteNamed } from '../trace/events.js';
import { endBefore, explainLine } from './explain-line.js';
import { isFileMeant } from './hook-spec.js';
import type { HookSpec } from './hook-spec.js';
import { nearNames, suggest } from '../php/near-names.js';
import type { Boundary } from './placed-hook.js';

/** What to watch for a hook, or undefined while the process has not compiled its code yet. */
export function resolveHook(engine: Engine, spec: HookSpec): Boundary | undefined {
  switch (spec.kind) {
    case 'request':
    case 'none':
      return { kind: spec.kind };
    case 'symbol':
      return { kind: 'symbol', name: spec.name };
    case 'function':
      return ifReadable(() => ofFunction(engine, findFunction(engine, spec.name)));
    case 'method':
      return ifReadable(() => ofFunction(engine, findMethod(engine, spec.className, spec.method)));
    case 'line':
      return ifReadable(() => ofStack(engine, spec));
  }
}

/** What to watch for a hook, where code that the kernel programs have just met is what it names. */
export function resolveSeen(engine: Engine, spec: HookSpec, named: SiteNamed): Boundary | undefined {
  const func = (): FunctionInfo => readFunction(engine.memory, engine.layout, named.func);
  if (spec.kind === 'line') {
    const mayHold = named.file !== null && isFileMeant(named.file, spec.file) && named.lineStart <= spec.line;
    return mayHold ? ifReadable(() => ofLine(engine, func(), spec)) : undefined;
  }
  return isNamed(spec, named) ? ifReadable(() => ifStill(spec, func(), engine)) : undefined;
}

/** The code may be gone since it was met, and another function lie in its place. */
function ifStill(spec: HookSpec, func: FunctionInfo, engine: Engine): Boundary | undefined {
  return isNamed(spec, { function: func.name, className: func.className }) ? entryBoundary(engine, func) : undefined;
}

/** True where code that was met has the name that a hook gives. */
export function isNamed(spec: HookSpec, named: Pick<SiteNamed, 'function' | 'className'>): boolean {
  if (spec.kind === 'function') return named.className === null && isSame(named.function, spec.name);
  return spec.kind === 'method' && isSame(named.className, spec.className) && isSame(named.function, spec.method);
}

function isSame(name: string | null, asked: string): boolean {
  return name !== null && foldName(name) === foldName(asked);
}

/** What may be meant by a hook that never appeared, or which part of it is wrong, as the end of a sentence. */
export function suggestHooks(engine: Engine, spec: HookSpec): string {
  if (spec.kind === 'line') return ifReadable(() => `: ${explainLine(engine, spec)}`) ?? '';
  if (spec.kind !== 'function' && spec.kind !== 'method') return '';
  const asked = spec.kind === 'function' ? spec.name : `${spec.className}::${spec.method}`;
  return suggest(ifReadable(() => nearNames(asked, userFunctionNames(engine))) ?? []);
}

/** Why a hook can never appear, whatever the process runs yet; undefined where it may. */
export function neverComes(engine: Engine, pid: number, spec: HookSpec): string | undefined {
  return ifReadable(() => {
    if (spec.kind === 'function') return ofNoPhpCode(engine, findFunction(engine, spec.name));
    if (spec.kind === 'method') return ofNoPhpCode(engine, findMethod(engine, spec.className, spec.method));
    if (spec.kind !== 'line') return undefined;
    const end = endBefore({ engine, pid }, spec);
    return end && `${explainLine(engine, spec)}, and ${end}`;
  });
}

function ofNoPhpCode(engine: Engine, func: number | undefined): string | undefined {
  if (func === undefined || readFunction(engine.memory, engine.layout, func).file !== null) return undefined;
  return "it is PHP's own or an extension's, and its calls cannot be told: name the function of yours that calls it";
}

/** The boundary at a function's entry. An empty function is a marker: it stands for the one that calls it. */
export function entryBoundary(engine: Engine, func: FunctionInfo): Boundary | undefined {
  if (!func.isCompiled) return undefined;
  const oplines = readOplines(engine.memory, engine.layout, func);
  const entry = entryOpline(oplines);
  if (!entry) return undefined;
  const extent = isMarker(oplines) ? 'caller' : 'frame';
  return { kind: 'opline', opline: entry.address, extent, isTurn: isJumpTarget(oplines, entry) };
}

function ofFunction(engine: Engine, func: number | undefined): Boundary | undefined {
  if (func === undefined) return undefined;
  const info = readFunction(engine.memory, engine.layout, func);
  return info.file === null ? undefined : entryBoundary(engine, info);
}

/** Code that is not in any table (the main script, closures) is found on the stack. */
function ofStack(engine: Engine, spec: HookSpec & { kind: 'line' }): Boundary | undefined {
  for (const frame of readStack(engine.memory, engine.layout, engine.executorGlobals) ?? []) {
    if (frame.internal) continue;
    const found = ofLine(engine, readFunction(engine.memory, engine.layout, frame.func), spec);
    if (found) return found;
  }
  return undefined;
}

/** A function declared at that line, else the statement that stands there. */
function ofLine(engine: Engine, func: FunctionInfo, spec: HookSpec & { kind: 'line' }): Boundary | undefined {
  if (func.file === null || !func.isCompiled || !isFileMeant(func.file, spec.file)) return undefined;
  if (func.name !== null && func.lineStart === spec.line) return entryBoundary(engine, func);
  const oplines = readOplines(engine.memory, engine.layout, func);
  const opline = declaresClosure(oplines, spec.line) ? undefined : statementAt(oplines, spec.line);
  return opline && { kind: 'opline', opline: opline.address, extent: 'always' };
}

/**
 * The instruction that runs once each time a line does. Of a loop's own line (`for (…)`, `while (…)`) that is the part
 * that each turn runs, and not what comes before the first one.
 */
function statementAt(oplines: readonly Opline[], line: number): Opline | undefined {
  const loops = loopStatements(oplines);
  const there = oplines.filter((opline) => opline.line === line);
  const isHead = ({ address }: Opline): boolean => loops.some(({ first }) => first === address);
  const isInLoop = ({ address }: Opline): boolean => loops.some(({ first, last }) => address > first && address < last);
  return there.find(isHead) ?? there.find(isInLoop) ?? there[0];
}

/** The process runs while its memory is read: what changes under the hand is as good as not there yet. */
function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
