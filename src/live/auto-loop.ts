import { setTimeout as sleep } from 'node:timers/promises';
import { openHitCounter } from '../native/kernel-links.js';
import type { HitCounter } from '../native/kernel-links.js';
import { PhptraceError } from '../errors.js';
import { displayName, readFunction, readStack } from '../php/frames.js';
import type { Frame, FunctionInfo } from '../php/frames.js';
import { findFunction } from '../php/functions.js';
import type { Engine } from '../php/functions.js';
import { loopStatements, readOplines } from '../php/oplines.js';
import { readSapi } from '../php/process.js';
import { entryBoundary } from './hook-resolver.js';
import type { Boundary } from './placed-hook.js';
import type { Target } from './target.js';

/** What was chosen to be the loop, and why. */
export interface ChosenLoop {
  readonly loop: string;
  readonly boundary: Boundary;
  readonly evidence: string;
}

/** The seed's marker: who has it in the code wants it used. */
const MARKER = 'trackerHookMalloc';
/** SAPIs in which the engine itself begins and ends each request. */
const REQUEST_SAPIS = new Set(['fpm-fcgi', 'apache2handler', 'cgi-fcgi', 'cli-server', 'litespeed']);

const SAMPLE_MS = 1;
const SAMPLES = 400;
const DEEPEST = 12;
/** x86 has four debug registers a thread. */
const COUNTERS = 4;
/** A function that begins this often while we look is called again and again. */
const ENOUGH_CALLS = 3;
/** How long an outer function may take to begin again when an inner one already has. */
const OUTER_MS = 1000;
const PATIENCE_MS = 4000;

/**
 * Finds the loop of a process: samples of its stack show what may be called again and again, hardware counters on the
 * entries of those functions show what is, outermost first. A function is chosen, or the loop statement around the
 * calls where several functions take turns. @throws PhptraceError where nothing repeats
 */
export async function chooseLoop(target: Target, signal: AbortSignal): Promise<ChosenLoop> {
  const { engine } = target;
  const request = chooseRequest(target);
  if (request) return request;
  const marker = chooseMarker(engine);
  if (marker) return marker;
  const stacks = await sampleStacks(engine, signal);
  if (stacks.length === 0) {
    throw noLoop('no PHP code ran while its stack was sampled');
  }
  const levels = levelsOf(engine, stacks);
  const depth = await outermostCalled(target, levels, signal);
  if (depth !== undefined) {
    const called = await countCalls(target, levels[depth] ?? [], signal);
        const statement = called.length > 1 ? statementAround(engine, stacks, depth - 1) : undefined;
    if (statement) return statement;
    if (called[0]) return chooseFunction(called[0], stacks.length);
  }
  for (let outer = (depth ?? levels.length) - 1; outer >= 0; outer--) {
    const statement = statementAround(engine, stacks, outer);
    if (statement?.boundary.kind !== 'opline') continue;
    const [hits = 0] = await countHits(target, [statement.boundary.opline], signal, (counts) => (counts[0] ?? 0) > 1);
    if (hits > 1) return statement;
  }
  throw noLoop(`nothing on the stack began again in ${String(stacks.length)} samples`);
}

function noLoop(why: string): PhptraceError {
  return new PhptraceError(
    `cannot tell what the loop is: ${why}: name it with --loop (function, Class::method, file.php:line, request or none)`,
  );
}

function chooseRequest(target: Target): ChosenLoop | undefined {
  const sapi = readSapi(target.process);
  if (sapi === undefined || !REQUEST_SAPIS.has(sapi)) return undefined;
  return { loop: 'request', boundary: { kind: 'request' }, evidence: `${sapi} begins and ends each request` };
}

function chooseMarker(engine: Engine): ChosenLoop | undefined {
  const func = findFunction(engine, MARKER);
  const info = func === undefined ? undefined : readFunction(engine.memory, engine.layout, func);
  const boundary = info && info.file !== null ? entryBoundary(engine, info) : undefined;
  return boundary && { loop: MARKER, boundary, evidence: `the program defines ${MARKER}(), which marks its loop` };
}

/** Stacks of PHP frames only, outermost first. */
async function sampleStacks(engine: Engine, signal: AbortSignal): Promise<Frame[][]> {
  const stacks: Frame[][] = [];
  for (let i = 0; i < SAMPLES && !signal.aborted; i++) {
    const stack = readStack(engine.memory, engine.layout, engine.executorGlobals);
    const user = stack?.filter(({ internal }) => !internal).reverse();
    if (user && user.length > 0) stacks.push(user);
    await sleep(SAMPLE_MS);
  }
  return stacks;
}

/** A function met at some depth of the stack. */
interface Candidate {
  readonly func: FunctionInfo;
  readonly samples: number;
}

/** For each depth the functions met there, the commonest first. */
function levelsOf(engine: Engine, stacks: readonly Frame[][]): Candidate[][] {
  const levels: Map<number, { func: FunctionInfo; samples: number }>[] = [];
  for (const stack of stacks) {
    for (const [depth, frame] of stack.slice(0, DEEPEST).entries()) {
      const func = tryReadFunction(engine, frame.func);
      if (!func || frame.opline < func.opcodes) continue;
      const level = (levels[depth] ??= new Map<number, { func: FunctionInfo; samples: number }>());
      const candidate = level.get(func.opcodes) ?? { func, samples: 0 };
      candidate.samples++;
      level.set(func.opcodes, candidate);
    }
  }
  return levels.map((level) => [...level.values()].sort((a, b) => b.samples - a.samples));
}

interface Counted extends Candidate {
  readonly calls: number;
  readonly boundary: Boundary;
}

/**
 * The least depth at which a function begins again and again. The commonest function of each of the outer depths is
 * counted; the outer ones are given time, for they begin more seldom than what they call.
 */
async function outermostCalled(
  target: Target,
  levels: readonly Candidate[][],
  signal: AbortSignal,
): Promise<number | undefined> {
  for (let from = 1; from < levels.length; from += COUNTERS) {
    const outer = levels.slice(from, from + COUNTERS).map(([commonest]) => entryOf(target, commonest));
    const oplines = outer.flatMap((entry) => entry ?? []);
    const started = Date.now();
    const hits = await countHits(target, oplines, signal, (counts) => {
      const patient = Date.now() - started < OUTER_MS;
      return (counts[0] ?? 0) >= ENOUGH_CALLS || (!patient && counts.some((count) => count >= ENOUGH_CALLS));
    });
    const found = outer.findIndex((entry) => entry !== undefined && (hits[oplines.indexOf(entry)] ?? 0) >= 2);
    if (found >= 0) return from + found;
  }
  return undefined;
}

function entryOf({ engine }: Target, candidate: Candidate | undefined): number | undefined {
  if (!candidate || candidate.func.name === null) return undefined;
  const boundary = entryBoundary(engine, candidate.func);
  return boundary?.kind === 'opline' ? boundary.opline : undefined;
}

interface Counted extends Candidate {
  readonly calls: number;
  readonly boundary: Boundary;
}

/** How often each of these functions begins while we look. */
async function countCalls(target: Target, candidates: readonly Candidate[], signal: AbortSignal): Promise<Counted[]> {
  const entries = candidates.slice(0, COUNTERS).flatMap((candidate) => {
    const boundary = candidate.func.name === null ? undefined : entryBoundary(target.engine, candidate.func);
    return boundary?.kind === 'opline' ? [{ ...candidate, boundary }] : [];
  });
  const oplines = entries.map(({ boundary }) => boundary.opline);
  const hits = await countHits(target, oplines, signal, (counts) => counts.some((count) => count >= 2 * ENOUGH_CALLS));
  return entries.map((entry, index) => ({ ...entry, calls: hits[index] ?? 0 })).filter(({ calls }) => calls >= 2);
}

/** Hits of each opline, until they are enough or patience ends. */
async function countHits(
  target: Target,
  oplines: readonly number[],
  signal: AbortSignal,
  enough: (hits: readonly number[]) => boolean,
): Promise<number[]> {
  if (oplines.length === 0) return [];
  const counters: HitCounter[] = [];
  try {
    for (const opline of oplines) counters.push(openHitCounter(target.process.pid, opline));
    const patience = Date.now() + PATIENCE_MS;
    for (;;) {
      await sleep(20);
      const hits = counters.map((counter) => counter.read());
      if (enough(hits) || Date.now() > patience || signal.aborted) return hits;
    }
  } finally {
    for (const counter of counters) counter.close();
  }
}

function chooseFunction({ func, calls, samples, boundary }: Counted, sampled: number): ChosenLoop {
  const name = nameOf(func);
  return {
    loop: name,
    boundary,
    evidence:
      `${displayName(func.name, func.className)}() began ${String(calls)} times while we looked and was on the stack ` +
      `in ${String(samples)} of ${String(sampled)} samples; what calls it did not begin again`,
  };
}

/** As `--loop` takes it. */
function nameOf(func: FunctionInfo): string {
  const closure = func.name?.startsWith('{closure') === true;
  return closure ? `${func.file ?? ''}:${String(func.lineStart)}` : displayName(func.name, func.className);
}

/** The innermost loop statement, in the function at this depth, around everything it was seen doing. */
function statementAround(engine: Engine, stacks: readonly Frame[][], depth: number): ChosenLoop | undefined {
  const frames = stacks.flatMap((stack) => stack[depth] ?? []);
  const func = frames[0] && tryReadFunction(engine, frames[0].func);
  if (!func) return undefined;
  const seen = frames.map(({ opline }) => opline).filter((opline) => opline >= func.opcodes);
  const oplines = readOplines(engine.memory, engine.layout, func);
  const around = loopStatements(oplines)
    .filter(({ first, last }) => seen.every((opline) => opline >= first && opline <= last))
    .sort((a, b) => a.last - a.first - (b.last - b.first))[0];
  const head = oplines.find(({ address }) => address === around?.first);
  if (!head) return undefined;
  return {
    loop: `${func.file ?? ''}:${String(head.line)}`,
    boundary: { kind: 'opline', opline: head.address, extent: 'always' },
    evidence:
      `the loop there, in ${displayName(func.name, func.className)}, was around everything seen in ` +
      `${String(stacks.length)} samples of the stack`,
  };
}

function tryReadFunction(engine: Engine, func: number): FunctionInfo | undefined {
  try {
    return readFunction(engine.memory, engine.layout, func);
  } catch {
    return undefined;
  }
}
