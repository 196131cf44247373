import { MOST_COUNTED } from '../bpf/count-object.js';
import { PhptraceError } from '../errors.js';
import { displayName, readFunction } from '../php/frames.js';
import type { FunctionInfo } from '../php/frames.js';
import { findFunction } from '../php/functions.js';
import type { Engine } from '../php/functions.js';
import { loopStatements, readOplines } from '../php/oplines.js';
import { processState, readSapi } from '../php/process.js';
import { countHits } from './call-counts.js';
import { entryBoundary } from './hook-resolver.js';
import type { Boundary } from './placed-hook.js';
import { sampleStacks } from './stack-samples.js';
import type { Candidate, StackSamples } from './stack-samples.js';
import { followedThread } from './target.js';
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

/** A function that begins this often while we look is called again and again. */
const ENOUGH_CALLS = 3;
const MOST_LOOKS = 5;
/** How long an outer function may take to begin again when an inner one already has. */
const OUTER_MS = 1000;
/** A share of the samples by which a function can be at a depth that it is not at: a stack is read while it changes. */
const TORN = 0.01;

/**
 * Finds the loop of a process: samples of its stack show what may be called again and again, counters on the
 * entries of those functions show what is, outermost first. A function is chosen, or the loop statement around the
 * calls where several functions take turns, or where none is called. @throws PhptraceError where nothing repeats
 */
export async function chooseLoop(target: Target, signal: AbortSignal): Promise<ChosenLoop> {
  const given = chooseRequest(target) ?? chooseMarker(target.engine);
  if (given) return given;
  const { pid } = target.process;
  if (processState(followedThread(target)) === 'T') {
    throw new PhptraceError(
      `process ${String(pid)} is stopped, so it runs no loop: have it go on (kill -CONT ${String(pid)})`,
    );
  }
  const samples = await sampleUntilCalls(target.engine, signal);
  if (samples.count === 0) throw noLoop('no PHP code was on the stack while it was sampled');
  const depth = await outermostCalled(target, samples, signal);
  if (depth !== undefined) {
    const called = await callsAt(target, samples, depth, signal);
    const statement = called.length > 1 ? statementAround(target.engine, samples, depth - 1) : undefined;
    if (statement) return statement.chosen;
    if (called[0]) return chooseFunction(called[0], samples.count);
  }
  for (let outer = (depth ?? samples.levels.length) - 1; outer >= 0; outer--) {
    const statement = statementAround(target.engine, samples, outer);
    if (!statement) continue;
    const isTurning = (hits: readonly number[]): boolean => (hits[0] ?? 0) >= 2;
    if (isTurning(await countHits(target, [statement.head], signal, isTurning))) return statement.chosen;
  }
  throw noLoop(`nothing on the stack began again in ${String(samples.count)} samples (it may idle)`);
}

/** A function that takes a thousandth of the time is easily missed, so several looks are taken where none was seen. */
async function sampleUntilCalls(engine: Engine, signal: AbortSignal): Promise<StackSamples> {
  for (let look = 1; ; look++) {
    const samples = await sampleStacks(engine, signal);
    if (look === MOST_LOOKS || samples.levels.length > 1 || signal.aborted) return samples;
  }
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

/**
 * The least depth at which a function begins again and again. The commonest function of each of the outer depths is
 * counted; the outer ones are given time, for they begin more seldom than what they call.
 */
async function outermostCalled(
  target: Target,
  { levels }: StackSamples,
  signal: AbortSignal,
): Promise<number | undefined> {
  for (let from = 1; from < levels.length; from += MOST_COUNTED) {
    const entries = levels.slice(from, from + MOST_COUNTED).flatMap(([commonest], index) => {
      const entry = commonest && entryOf(target.engine, commonest);
      return entry ? [{ depth: from + index, opline: entry.opline }] : [];
    });
    const oplines = entries.map(({ opline }) => opline);
    const hits = await countHits(target, oplines, signal, (counts, elapsedMs) => {
      const enough = counts.findIndex((count) => count >= ENOUGH_CALLS);
      if (enough <= 0) return enough === 0;
      // One that has begun once may well begin again: it is slow, or the machine is.
      return elapsedMs > OUTER_MS && !counts.slice(0, enough).includes(1);
    });
    const found = entries.find((_, index) => (hits[index] ?? 0) >= 2);
    if (found) return found.depth;
  }
  return undefined;
}

interface Called extends Candidate {
  readonly calls: number;
  readonly boundary: Boundary;
}

/**
 * The functions of a depth that begin again and again, the commonest first. That one is known to begin again, and is
 * waited for: a function that it calls seems to be at its depth now and then, and begins more often.
 */
async function callsAt(
  target: Target,
  { levels }: StackSamples,
  depth: number,
  signal: AbortSignal,
): Promise<Called[]> {
  const entries = (levels[depth] ?? []).slice(0, MOST_COUNTED).flatMap((candidate) => {
    const boundary = entryOf(target.engine, candidate);
    return boundary ? [{ ...candidate, boundary }] : [];
  });
  const oplines = entries.map(({ boundary }) => boundary.opline);
  const enough = (counts: readonly number[]): boolean =>
    counts[0]! >= 2 && counts.some((count) => count >= 2 * ENOUGH_CALLS);
  const hits = await countHits(target, oplines, signal, enough);
  const called = entries.map((entry, index) => ({ ...entry, calls: hits[index] ?? 0 }));
  const seldom = (entries[0]?.samples ?? 0) * TORN;
  return called.filter(({ calls, samples }, index) => index === 0 || (calls >= 2 && samples > seldom));
}

function entryOf(engine: Engine, { func }: Candidate): (Boundary & { kind: 'opline' }) | undefined {
  const boundary = func.name === null ? undefined : entryBoundary(engine, func);
  return boundary?.kind === 'opline' ? boundary : undefined;
}

function chooseFunction({ func, calls, samples, boundary }: Called, sampled: number): ChosenLoop {
  return {
    loop: nameOf(func),
    boundary,
    evidence:
      `${displayName(func.name, func.className)}() began ${String(calls)} times while we looked and was on the stack ` +
      `in ${String(samples)} of ${String(sampled)} samples; what calls it did not begin again`,
  };
}

/** As `--loop` takes it. */
function nameOf(func: FunctionInfo): string {
  const isClosure = func.name?.startsWith('{closure') === true;
  return isClosure ? `${func.file ?? ''}:${String(func.lineStart)}` : displayName(func.name, func.className);
}

/** The innermost loop statement, in the commonest function of this depth, around all that it was seen doing. */
function statementAround(
  engine: Engine,
  samples: StackSamples,
  depth: number,
): { head: number; chosen: ChosenLoop } | undefined {
  const func = samples.levels[depth]?.[0]?.func;
  if (!func) return undefined;
  const seen = samples.oplinesAt(depth, func.opcodes);
  const oplines = readOplines(engine.memory, engine.layout, func);
  const around = loopStatements(oplines)
    .filter(({ first, last }) => seen.every((opline) => opline >= first && opline <= last))
    .sort((a, b) => a.last - a.first - (b.last - b.first))[0];
  const head = oplines.find(({ address }) => address === around?.first);
  if (!head) return undefined;
  const chosen: ChosenLoop = {
    loop: `${func.file ?? ''}:${String(head.line)}`,
    boundary: { kind: 'opline', opline: head.address, extent: 'always' },
    evidence:
      `the loop there, in ${displayName(func.name, func.className)}, was around all that was seen of it in ` +
      `${String(samples.count)} samples of the stack`,
  };
  return { head: head.address, chosen };
}
