import { gzipSync } from 'node:zlib';
import { Function, Line, Location, Profile, Sample, StringTable, ValueType } from 'pprof-format';

export interface PprofFrame {
  /** A type, a step of a path, a PHP function. */
  readonly name: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

export interface PprofSample {
  /** The innermost first: what it is, then what holds it, up to the root; or the call that allocated, then its callers. */
  readonly stack: readonly PprofFrame[];
  /** Live blocks. */
  readonly count: number;
  readonly bytes: number;
}

/**
 * A gzipped profile for `pprof` and what reads its format (google/pprof, proto/profile.proto): inuse_objects and
 * inuse_space of each stack, as Go's heap profiles have them, inuse_space shown first. Equal frames become one.
 *
 * @param takenAt when the memory was copied
 */
export function renderPprof(samples: readonly PprofSample[], takenAt: Date): Uint8Array {
  const strings = new StringTable();
  const frames = new FrameTable(strings);
  const valueType = (type: string, unit: string): ValueType =>
    new ValueType({ type: strings.dedup(type), unit: strings.dedup(unit) });
  const profile = new Profile({
    sampleType: [valueType('inuse_objects', 'count'), valueType('inuse_space', 'bytes')],
    sample: samples.map(
      ({ stack, count, bytes }) =>
        new Sample({ locationId: stack.map((frame) => frames.locationOf(frame)), value: [count, bytes] }),
    ),
    location: frames.locations,
    function: frames.functions,
    stringTable: strings,
    timeNanos: BigInt(takenAt.getTime()) * 1_000_000n,
    periodType: valueType('space', 'bytes'),
    // Each block counts, none was sampled.
    period: 1,
    defaultSampleType: strings.dedup('inuse_space'),
  });
  return gzipSync(profile.encode());
}

/** A location for each frame, a function for each name and file, numbered from 1. */
class FrameTable {
  readonly locations: Location[] = [];
  readonly functions: Function[] = [];
  private readonly locationIds = new Map<string, number>();
  private readonly functionIds = new Map<string, number>();

  constructor(private readonly strings: StringTable) {}

  locationOf({ name, file = '', line = 0 }: PprofFrame): number {
    const functionId = this.functionOf(name, file);
    const key = `${functionId}:${line}`;
    const known = this.locationIds.get(key);
    if (known !== undefined) return known;
    const id = this.locations.length + 1;
    this.locationIds.set(key, id);
    this.locations.push(new Location({ id, line: [new Line({ functionId, line })] }));
    return id;
  }

  private functionOf(name: string, file: string): number {
    const key = `${file}\0${name}`;
    const known = this.functionIds.get(key);
    if (known !== undefined) return known;
    const id = this.functions.length + 1;
    this.functionIds.set(key, id);
    const nameId = this.strings.dedup(name);
    this.functions.push(new Function({ id, name: nameId, systemName: nameId, filename: this.strings.dedup(file) }));
    return id;
  }
}
