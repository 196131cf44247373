import { EDGE, INTERNAL, internalEdge } from '../edge-sink.js';
import type { EdgeSink } from '../edge-sink.js';
import { NODE_KIND } from '../heap-graph.js';
import type { MemoryImage } from '../image.js';
import { readFunction } from './functions.js';
import type { FunctionInfo } from './functions.js';
import { ZVAL_WORDS, visitZval } from './zval.js';

/** sizeof(zend_execute_data) in words, rounded up to zvals (ZEND_CALL_FRAME_SLOT): variables follow it. */
const FRAME_WORDS = 20;
/** This.u2.num_args and This.u1.type_info, offsets from `This`. */
const NUM_ARGS = 12;
/** Flags in This.u1.type_info (Zend/zend_compile.h, 7.4 to 8.5): the frame counts a reference to its object. */
const RELEASE_THIS = 1 << 21;
/** ... to the closure that it runs, which has the object then. */
const CLOSURE = 1 << 22;
const TYPE_INFO_WORD = 2;
const MOST_ARGUMENTS = 1 << 16;
const MOST_FRAMES = 1 << 20;

/** A frame of PHP's call stack in an image. */
export interface ImageFrame {
  readonly executeData: number;
  /** Undefined for an extension's function, and where the frame has none. */
  readonly func: FunctionInfo | undefined;
  readonly funcAddress: number;
}

/** The frames from the innermost one outwards, up to `end` (0: to the last). */
export function* framesFrom(image: MemoryImage, innermost: number, end = 0): Generator<ImageFrame> {
  const { executeData } = image.header.engine;
  let at = innermost;
  for (let depth = 0; at !== 0 && at !== end && depth < MOST_FRAMES && image.at(at) >= 0; depth++) {
    const funcAddress = image.pointer(at + executeData.func);
    yield { executeData: at, func: readFunction(image, funcAddress), funcAddress };
    at = image.pointer(at + executeData.prev);
  }
}

/** Whether a frame's object and closure are told of where it has borrowed them, too: from whoever called. */
export type Told = 'all' | 'held';

/** Tells the sink of the variables of a frame that have names, and of `$this`. */
export function visitVariables(
  image: MemoryImage,
  { executeData, func }: ImageFrame,
  sink: EdgeSink,
  told: Told = 'all',
): void {
  const at = image.at(executeData);
  if (at < 0 || func === undefined) return;
  for (let variable = 0; variable < func.variables; variable++) {
    const zval = at + FRAME_WORDS + variable * ZVAL_WORDS;
    if (zval + ZVAL_WORDS > image.words.length) return;
    visitZval(image, zval, sink, EDGE.variable, func.variableName(variable));
  }
  visitThis(image, at, sink, told);
}

/**
 * Tells the sink of what a frame holds besides: temporaries, arguments beyond the declared, calls being made up. Of these
 * the frame does not say how many arguments are there already.
 */
export function visitTemporaries(image: MemoryImage, frame: ImageFrame, sink: EdgeSink, told: Told = 'all'): void {
  const { executeData } = image.header.engine;
  const at = image.at(frame.executeData);
  if (at < 0) return;
  const { func } = frame;
  if (func === undefined) {
    visitArguments(image, frame.executeData, sink, INTERNAL['(argument)']);
    visitThis(image, at, sink, told);
  } else {
    const more = Math.max(0, argumentsOf(image, frame.executeData) - func.parameters);
    visitRow(image, at + FRAME_WORDS + func.variables * ZVAL_WORDS, func.temporaries, sink, INTERNAL['(temporary)']);
    const extra = at + FRAME_WORDS + (func.variables + func.temporaries) * ZVAL_WORDS;
    visitRow(image, extra, more, sink, INTERNAL['(argument)']);
  }
  let call = image.pointer(frame.executeData + executeData.call);
  for (let depth = 0; call !== 0 && depth < 256 && image.at(call) >= 0; depth++) {
    visitArguments(image, call, sink, INTERNAL['(argument to be)']);
    visitThis(image, image.at(call), sink, told);
    call = image.pointer(call + executeData.prev);
  }
  if (told === 'all' || (callInfo(image, at) & CLOSURE) !== 0) visitClosureOf(image, frame.funcAddress, sink);
}

function visitThis(image: MemoryImage, at: number, sink: EdgeSink, told: Told): void {
  if (told === 'held' && (callInfo(image, at) & RELEASE_THIS) === 0) return;
  visitZval(image, at + image.header.engine.executeData.this / 4, sink, EDGE.internal, INTERNAL.$this);
}

function callInfo(image: MemoryImage, at: number): number {
  return image.words[at + image.header.engine.executeData.this / 4 + TYPE_INFO_WORD]!;
}

function visitArguments(image: MemoryImage, executeData: number, sink: EdgeSink, name: number): void {
  visitRow(image, image.at(executeData) + FRAME_WORDS, argumentsOf(image, executeData), sink, name);
}

function argumentsOf(image: MemoryImage, executeData: number): number {
  return Math.min(image.uint32(executeData + image.header.engine.executeData.this + NUM_ARGS), MOST_ARGUMENTS);
}

function visitRow(image: MemoryImage, first: number, count: number, sink: EdgeSink, name: number): void {
  const end = Math.min(first + count * ZVAL_WORDS, image.endOfSegment(first));
  for (let at = first; at + ZVAL_WORDS <= end; at += ZVAL_WORDS) visitZval(image, at, sink, EDGE.internal, name);
}

/** A closure that runs is held by its frame: its function lies within it. */
function visitClosureOf(image: MemoryImage, func: number, sink: EdgeSink): void {
  const { func: within } = image.header.structures.closure;
  const object = func - within;
  const closure = image.header.symbols['zend_ce_closure'];
  if (func === 0 || closure === undefined || image.pointer(object + 16) !== image.pointer(closure)) return;
  internalEdge(sink, object, NODE_KIND.object, INTERNAL['(code)']);
}
