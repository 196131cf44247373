import koffi from 'koffi';
import { PhptraceError } from '../errors.js';
import { errnoName, viewMemory } from './libc.js';

/** Opaque pointers of libbpf; only this module and its callers in src/bpf hold them. */
export type BpfObject = bigint & { readonly brand?: 'object' };
export type BpfProgram = bigint & { readonly brand?: 'program' };
export type BpfMap = bigint & { readonly brand?: 'map' };

type Native = (...args: unknown[]) => unknown;

/** libbpf's C API, as far as a trace needs it. Every signature stands here (libbpf 1.x, src/libbpf.h). */
interface Libbpf {
  readonly open: Native;
  readonly load: Native;
  readonly close: Native;
  readonly findProgram: Native;
  readonly findMap: Native;
  readonly programFd: Native;
  readonly setAttachType: Native;
  readonly mapFd: Native;
  readonly setMaxEntries: Native;
  readonly initialValue: Native;
  readonly attachRawTracepoint: Native;
  readonly attachUprobe: Native;
  readonly destroyLink: Native;
  readonly setPrint: Native;
}

let loaded: Libbpf | undefined;
let lastMessages: string[] = [];

const vsnprintf = koffi
  .load('libc.so.6')
  .func('int vsnprintf(_Out_ uint8_t *to, size_t size, const char *format, intptr_t args)');
koffi.proto('int libbpf_print(int level, const char *format, intptr_t args)');

/** Loads libbpf.so.1 on first use. @throws PhptraceError where it is not installed */
function libbpf(): Libbpf {
  if (loaded) return loaded;
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load('libbpf.so.1');
  } catch {
    throw new PhptraceError('cannot load libbpf.so.1: it is not installed: apt-get install libbpf1');
  }
  loaded = {
    open: library.func('intptr_t bpf_object__open_file(const char *path, intptr_t options)'),
    load: library.func('int bpf_object__load(intptr_t object)'),
    close: library.func('void bpf_object__close(intptr_t object)'),
    findProgram: library.func('intptr_t bpf_object__find_program_by_name(intptr_t object, const char *name)'),
    findMap: library.func('intptr_t bpf_object__find_map_by_name(intptr_t object, const char *name)'),
    programFd: library.func('int bpf_program__fd(intptr_t program)'),
    setAttachType: library.func('int bpf_program__set_expected_attach_type(intptr_t program, int type)'),
    mapFd: library.func('int bpf_map__fd(intptr_t map)'),
    setMaxEntries: library.func('int bpf_map__set_max_entries(intptr_t map, uint32_t entries)'),
    initialValue: library.func('intptr_t bpf_map__initial_value(intptr_t map, _Out_ size_t *size)'),
    attachRawTracepoint: library.func(
      'intptr_t bpf_program__attach_raw_tracepoint(intptr_t program, const char *name)',
    ),
    attachUprobe: library.func(
      'intptr_t bpf_program__attach_uprobe(intptr_t program, bool retprobe, int pid, const char *path, size_t offset)',
    ),
    destroyLink: library.func('int bpf_link__destroy(intptr_t link)'),
    setPrint: library.func('intptr_t libbpf_set_print(libbpf_print *callback)'),
  };
  loaded.setPrint(koffi.register(keepMessage, 'libbpf_print *'));
  return loaded;
}

/** enum libbpf_print_level of libbpf.h: what it is about to do, many lines a load. */
const LIBBPF_DEBUG = 2;

/** libbpf tells why a load failed only through its print callback. The last lines are kept for the error. */
function keepMessage(level: number, format: string, args: bigint): number {
  if (level === LIBBPF_DEBUG) return 0;
  const text = new Uint8Array(512);
  const length = Number(vsnprintf(text, text.length, format, args));
  lastMessages.push(
    Buffer.from(text.subarray(0, Math.min(Math.max(length, 0), text.length - 1)))
      .toString()
      .trim(),
  );
  if (lastMessages.length > 200) lastMessages.splice(0, 100);
  return 0;
}

/** What libbpf said since the last call, without what it was merely about to do. */
export function takeLibbpfMessages(): string[] {
  const messages = lastMessages;
  lastMessages = [];
  return messages;
}

/** libbpf 1.x returns NULL and sets errno. */
function pointerOf(operation: string, result: unknown): bigint {
  const pointer = BigInt(result as number | bigint);
  if (pointer === 0n) throw new PhptraceError(`${operation} failed: ${errnoName(koffi.errno())}`);
  return pointer;
}

function check(operation: string, result: unknown): void {
  const code = Number(result);
  if (code < 0) throw new PhptraceError(`${operation} failed: ${errnoName(-code)}`);
}

/** Opens a BPF object file. @throws PhptraceError */
export function openObject(path: string): BpfObject {
  return pointerOf(`opening the BPF object ${path}`, libbpf().open(path, 0));
}

/** Loads programs and maps into the kernel. @throws PhptraceError with the reason in the words of errno */
export function loadObject(object: BpfObject): void {
  check('loading the BPF programs into the kernel', libbpf().load(object));
}

export function closeObject(object: BpfObject): void {
  libbpf().close(object);
}

/** @throws PhptraceError where the object has no such program */
export function findProgram(object: BpfObject, name: string): BpfProgram {
  return pointerOf(`finding the BPF program ${name}`, libbpf().findProgram(object, name));
}

/** @throws PhptraceError where the object has no such map */
export function findMap(object: BpfObject, name: string): BpfMap {
  return pointerOf(`finding the BPF map ${name}`, libbpf().findMap(object, name));
}

export function programFd(program: BpfProgram): number {
  return libbpf().programFd(program) as number;
}

/** Before the load only. */
export function setExpectedAttachType(program: BpfProgram, type: number): void {
  check('setting the attach type of a BPF program', libbpf().setAttachType(program, type));
}

export function mapFd(map: BpfMap): number {
  return libbpf().mapFd(map) as number;
}

/** Before the load only. */
export function setMaxEntries(map: BpfMap, entries: number): void {
  check('setting the size of a BPF map', libbpf().setMaxEntries(map, entries));
}

/** The memory of a section of constants, to be written before the load. */
export function globalsOf(map: BpfMap): ArrayBuffer {
  const size = [0];
  const address = pointerOf('mapping the globals of the BPF programs', libbpf().initialValue(map, size));
  return viewMemory(address, Number(size[0]));
}

/** Attaches a raw tracepoint program. Returns what `destroyLink` takes. @throws PhptraceError */
export function attachRawTracepoint(program: BpfProgram, name: string): bigint {
  return pointerOf(`attaching to the tracepoint ${name}`, libbpf().attachRawTracepoint(program, name));
}

/** For one process. @throws PhptraceError */
export function attachUprobe(program: BpfProgram, pid: number, file: string, fileOffset: number): bigint {
  const link = libbpf().attachUprobe(program, false, pid, file, fileOffset);
  return pointerOf(`attaching to ${file} at 0x${fileOffset.toString(16)}`, link);
}

export function destroyLink(link: bigint): void {
  libbpf().destroyLink(link);
}
