import type { PhptraceError } from '../errors.js';
import { PAGE_BYTES } from './dump-format.js';
import { CHUNK_BYTES } from './heap-extent.js';
import { IMAGE_SCHEMA } from './image.js';
import type { ImageHeader, Segment } from './image.js';

/** Who reads the header counts on these; what lies below `heap`, `engine` and `structures` are offsets and names. */
const TEXTS = ['php', 'sapi', 'command', 'takenAt'] as const;
const NUMBERS = ['pid', 'pauseNs', 'heapAddress'] as const;
const LAYOUTS = ['heap', 'engine', 'structures'] as const;
const KINDS: readonly unknown[] = ['chunk', 'huge', 'memory'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * The header and segments out of the JSON of a saved image, checked for their types and for what an image relies on.
 * @throws what `damaged` makes of a reason
 */
export function describedImage(
  json: Buffer,
  imageBytes: number,
  damaged: (why: string) => PhptraceError,
): { header: ImageHeader; segments: Segment[] } {
  let value: unknown;
  try {
    value = JSON.parse(json.toString('utf8'));
  } catch {
    throw damaged('its description is no JSON');
  }
  if (!isFields(value) || !isFields(value['header']) || !Array.isArray(value['segments'])) {
    throw damaged('its description lacks the header or the segments');
  }
  const { header, segments } = value as { header: Fields; segments: unknown[] };
  if (header['schema'] !== IMAGE_SCHEMA) {
    throw damaged(
      `the image is of schema ${String(header['schema'])}, and this phptrace reads ${String(IMAGE_SCHEMA)}`,
    );
  }
  const wrong = wrongField(header);
  if (wrong !== undefined) throw damaged(`the header's ${wrong} is not what it must be`);
  const odd = segments.findIndex((segment) => !isSegment(segment, imageBytes));
  if (odd >= 0) throw damaged(`segment ${String(odd)} is not what it must be`);
  return { header: header as unknown as ImageHeader, segments: segments as Segment[] };
}

function wrongField(header: Fields): string | undefined {
  return (
    TEXTS.find((name) => typeof header[name] !== 'string') ??
    NUMBERS.find((name) => !isCount(header[name])) ??
    (header['innerPid'] === undefined || isCount(header['innerPid']) ? undefined : 'innerPid') ??
    LAYOUTS.find((name) => !isFields(header[name]) || !isLayout(header[name])) ??
    (header['buildId'] === null || typeof header['buildId'] === 'string' ? undefined : 'buildId') ??
    (typeof header['insideAllocator'] === 'boolean' ? undefined : 'insideAllocator') ??
    (isFields(header['symbols']) && Object.values(header['symbols']).every(isCount) ? undefined : 'symbols') ??
    (isFields(header['symbolBytes']) && Object.values(header['symbolBytes']).every(isCount)
      ? undefined
      : 'symbolBytes') ??
    (isList(header['threads'], { tid: isCount, stackPointer: isCount, registers: isCounts }) ? undefined : 'threads') ??
    (header['thread'] === undefined || isCount(header['thread']) ? undefined : 'thread') ??
    (header['otherPhpThreads'] === undefined || isCount(header['otherPhpThreads']) ? undefined : 'otherPhpThreads') ??
    (isList(header['omitted'], { name: isText, sizeBytes: isCount, why: isText }) ? undefined : 'omitted')
  );
}

function isSegment(value: unknown, imageBytes: number): value is Segment {
  if (!isFields(value) || !KINDS.includes(value['kind']) || !isText(value['name'])) return false;
  const { address, sizeBytes, offset, kind } = value as unknown as Segment;
  if (![address, sizeBytes, offset].every((number) => isCount(number) && number % PAGE_BYTES === 0)) return false;
  if (sizeBytes === 0 || offset + sizeBytes > imageBytes) return false;
  if (kind === 'memory') return true;
  return address % CHUNK_BYTES === 0 && (kind === 'huge' || sizeBytes === CHUNK_BYTES);
}

/** Offsets and names, in groups; null for what a version of PHP does not have. */
function isLayout(value: unknown): boolean {
  if (isFields(value)) return Object.values(value).every(isLayout);
  return value === null || isText(value) || Number.isSafeInteger(value);
}

function isCounts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isCount);
}

function isList(value: unknown, fields: Readonly<Record<string, (field: unknown) => boolean>>): boolean {
  if (!Array.isArray(value)) return false;
  return value.every((item) => isFields(item) && Object.entries(fields).every(([name, is]) => is(item[name])));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
