import { LOG_SCHEMA, type TraceRecord } from '../trace/records.js';

/**
 * Checks that a value out of a log is a record: every member that is used, its type and its bounds. Returns undefined
 * where it is, else what is wrong, for the person who has the file. Members that are not known are left alone.
 */
export function shapeProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'it is not an object';
  const type = value['type'];
  const shape =
    typeof type === 'string' && Object.hasOwn(SHAPES, type) ? SHAPES[type as TraceRecord['type']] : undefined;
  if (!shape) return `its type is ${JSON.stringify(type)?.slice(0, 40) ?? 'missing'}`;
  return problemIn(value, shape);
}

type Check = (value: unknown) => string | undefined;
type Shape = Readonly<Record<string, Check>>;

const MOST_TEXT = 65_536;
const MOST_FRAMES = 4096;
const MOST_TYPES = 100;
const UINT32 = 2 ** 32 - 1;
/** PHP's lines are 32 bits, blocks and bytes are sums that stay exact in a double. */
const EXACT = Number.MAX_SAFE_INTEGER;

const text: Check = (value) =>
  typeof value === 'string' && value.length <= MOST_TEXT ? undefined : `a text of at most ${MOST_TEXT} characters`;
const textOrNull: Check = (value) => (value === null ? undefined : text(value));
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const id = whole(0, UINT32);
const count = whole(0, EXACT);
const signed = whole(-EXACT, EXACT);
const share: Check = (value) =>
  typeof value === 'number' && value > 0 && value <= 1 ? undefined : 'a number above 0 and at most 1';

const residue: Shape = { site: id, path: id, outside: flag, blocks: whole(1, EXACT), bytes: count };
const lateFree: Shape = {
  site: (value) => (value === null ? undefined : id(value)),
  birthSite: id,
  birthPath: id,
  birthLoop: whole(-1, EXACT),
  outside: flag,
  blocks: whole(1, EXACT),
  bytes: count,
};
const collector: Shape = { enabled: flag, threshold: count, roots: count, runs: count };
const olderFree: Shape = { blocks: whole(1, EXACT), bytes: count };
const heldLoop: Shape = { loop: whole(1, EXACT), reached: count, reachedBytes: count, cycle: count, cycleBytes: count };
const arrayLine: Shape = { hook: whole(0, 1023), site: id, path: id, outside: flag };
const missing: Shape = { loop: text, why: text };
const counters: Shape = {
  events: count,
  droppedEvents: count,
  unknownFrees: count,
  unknownFreedBytes: count,
  missedFrees: count,
  unreadFrames: count,
  unresolved: count,
};

const SHAPES: Readonly<Record<TraceRecord['type'], Shape>> = {
  trace: {
    schema: whole(LOG_SCHEMA, LOG_SCHEMA),
    pid: whole(1, UINT32),
    innerPid: (value) => (value === undefined ? undefined : whole(1, UINT32)(value)),
    thread: (value) => (value === undefined ? undefined : whole(1, UINT32)(value)),
    php: text,
    sapi: text,
    mode: oneOf('exact'),
    startedAt: text,
    warmup: whole(0, UINT32),
  },
  hook: {
    hook: whole(0, 1023),
    loop: text,
    boundary: oneOf('watchpoint', 'handler', 'symbol', 'request', 'none'),
    evidence: (value) => (value === undefined ? undefined : text(value)),
  },
  site: { site: id, file: textOrNull, line: id, function: textOrNull },
  path: { path: whole(1, UINT32), sites: listOf(id, MOST_FRAMES), truncated: flag },
  loop: {
    hook: whole(0, 1023),
    loop: whole(1, EXACT),
    residue: listOf(shaped(residue)),
    offset: listOf(shaped(residue)),
    lateFrees: listOf(shaped(lateFree)),
    older: (value) => (value === undefined ? undefined : listOf(shaped(olderFree))(value)),
    heapBefore: count,
    heapAfter: count,
    explained: signed,
    births: count,
    durationNs: count,
  },
  outside: { loops: listOf(count, 1024), residentBytes: count, mappedBytes: count },
  array: {
    array: id,
    loops: listOf(count, 1024),
    since: listOf(count, 1024),
    elements: id,
    capacity: id,
    elementBytes: whole(1, 1024),
    by: (value) => (value === undefined ? undefined : shaped(arrayLine)(value)),
  },
  arrayGone: { array: id },
  snapshot: {
    pauseNs: count,
    heapBytes: count,
    blocks: count,
    collector: (value) => (value === null ? undefined : shaped(collector)(value)),
  },
  held: {
    hook: whole(0, 1023),
    site: id,
    outside: flag,
    alive: count,
    blocks: count,
    share: (value) => (value === undefined ? undefined : share(value)),
    reached: count,
    cycle: count,
    orphan: count,
    missing: count,
    objectTables: (value) => (value === undefined ? undefined : count(value)),
    holder: textOrNull,
    path: textOrNull,
    types: listOf(text, MOST_TYPES),
    garbageTypes: listOf(text, MOST_TYPES),
    loops: listOf(shaped(heldLoop)),
  },
  heldArray: { array: id, holder: textOrNull, path: textOrNull },
  end: {
    reason: text,
    conclusive: flag,
    counters: shaped(counters),
    loopsSeen: listOf(count, 1024),
    alive: (value) => (value === undefined ? undefined : listOf(shaped(residue), 10_000)(value)),
    missing: (value) => (value === undefined ? undefined : listOf(shaped(missing), 1024)(value)),
    notes: listOf(text, 10_000),
  },
};

function whole(least: number, most: number): Check {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : least === most
        ? String(least)
        : `a whole number from ${least} to ${most}`;
}

function oneOf(...words: readonly string[]): Check {
  return (value) => (words.includes(value as string) ? undefined : words.join(' or '));
}

function listOf(check: Check, most = Infinity): Check {
  return (value) => {
    if (!Array.isArray(value) || value.length > most) return `a list${most < Infinity ? ` of at most ${most}` : ''}`;
    for (const [i, element] of value.entries()) {
      const wanted = check(element);
      if (wanted) return `a list whose element ${i} is ${wanted}`;
    }
    return undefined;
  };
}

function shaped(shape: Shape): Check {
  return (value) => {
    if (!isObject(value)) return 'an object';
    for (const [member, check] of Object.entries(shape)) {
      const wanted = check(value[member]);
      if (wanted) return `an object whose "${member}" is ${wanted}`;
    }
    return undefined;
  };
}

function problemIn(value: Record<string, unknown>, shape: Shape): string | undefined {
  for (const [member, check] of Object.entries(shape)) {
    const wanted = check(value[member]);
    if (wanted) return `its "${member}" is not ${wanted}`;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
