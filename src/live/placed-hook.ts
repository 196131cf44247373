import type { Cookie, Extent } from '../bpf/abi.js';
import { attachUprobes, attachWatchpoint } from '../bpf/links.js';
import type { Attachment, LinkKind } from '../bpf/links.js';
import type { TraceObject } from '../bpf/trace-object.js';
import { PhptraceError } from '../errors.js';
import type { ElfFile } from '../php/elf.js';
import { handlerOf, handlerOffset } from '../php/handler-site.js';
import type { BoundaryKind } from '../trace/records.js';
import { nearNames, suggest } from '../php/near-names.js';
import { followedThread } from './target.js';
import type { Target } from './target.js';

/** How the kernel is to notice a hook, once it is known what to watch. */
export type Boundary =
  | {
      readonly kind: 'opline';
      readonly opline: number;
      readonly extent: Extent;
      /** True where a jump inside the function leads there too: its turns cannot be told from calls. */
      readonly isTurn?: boolean;
    }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'request' }
  | { readonly kind: 'none' };

export interface PlacedHook {
  readonly boundary: BoundaryKind;
  readonly attachments: readonly Attachment[];
  /** What is to be said of it, such as why it is not the first choice. */
  readonly note?: string;
}

/** Means of a trace that placing a hook needs. */
export interface PlacingContext {
  readonly target: Target;
  readonly object: TraceObject;
  readonly links: LinkKind;
  readonly boundary: 'auto' | 'watchpoint' | 'handler';
}

const COMPILED =
  'the loop function was compiled by the JIT, so its calls may not be seen: if none are, switch that off ' +
  '(opcache.jit=disable), or use --loop request, none or symbol:NAME';

/** How long a loop is when time alone cuts them. Short against a minute's trace, long against a request. */
const TICK_MS = 100;

/** Puts a hook in place. @throws PhptraceError where it cannot be */
export function placeHook(context: PlacingContext, hook: number, boundary: Boundary): PlacedHook {
  switch (boundary.kind) {
    case 'opline':
      return placeOpline(context, hook, boundary.opline, boundary.extent);
    case 'symbol':
      return placeSymbol(context, hook, boundary.name);
    case 'request':
      return placeRequest(context, hook);
    case 'none':
      context.object.setHook(hook, 0, 'always');
      context.object.setTick(TICK_MS);
      return { boundary: 'none', attachments: [] };
  }
}

function placeOpline(context: PlacingContext, hook: number, opline: number, extent: Extent): PlacedHook {
  const { object, target } = context;
  object.setHook(hook, opline, extent);
  if (context.boundary === 'handler') return placeHandler(context, hook, opline);
  try {
    const note = handlerOf(target.process, opline) === undefined ? { note: COMPILED } : {};
    const attachments = [attachWatchpoint(object, followedThread(target), opline, hook)];
    return { boundary: 'watchpoint', attachments, ...note };
  } catch (error) {
    if (context.boundary === 'watchpoint' || !(error instanceof PhptraceError)) throw error;
    return { ...placeHandler(context, hook, opline), note: `${error.message}: its opline's handler is probed instead` };
  }
}

/** The handler is native code that every opline of its kind runs; the program asks which one it is. */
function placeHandler(context: PlacingContext, hook: number, opline: number): PlacedHook {
  const { process, oplineIn } = context.target;
  const fileOffset = handlerOffset(process, oplineIn, opline);
  if (fileOffset === undefined) {
    throw new PhptraceError(
      'the loop was compiled by the JIT, and there is no watchpoint left to notice it: switch the JIT off ' +
        '(opcache.jit=disable), or use --loop request, none or symbol:NAME',
    );
  }
  return { boundary: 'handler', attachments: [attach(context, fileOffset, { site: 'handler', value: hook })] };
}

function placeSymbol(context: PlacingContext, hook: number, name: string): PlacedHook {
  const { elf, fileName } = context.target.process;
  const symbol = elf.symbol(name);
  if (!symbol) {
    const near = nearNames(name, elf.symbolNames());
    throw new PhptraceError(
      `--loop symbol:${name}: ${fileName} exports no such function${suggest(near)}: \`nm -D ${fileName}\` lists those ` +
        'that it does; a function of PHP code goes without `symbol:`',
    );
  }
  if (!isFunction(elf, symbol.address)) {
    throw new PhptraceError(`--loop symbol:${name}: that is data of ${fileName} and no function: name a function`);
  }
  context.object.setHook(hook, 0, 'always');
  return {
    boundary: 'symbol',
    attachments: [attach(context, elf.fileOffset(symbol.address), { site: 'symbol', value: hook })],
  };
}

function isFunction(elf: ElfFile, address: number): boolean {
  try {
    return elf.bounds(address).start === address;
  } catch {
    return false;
  }
}

function placeRequest(context: PlacingContext, hook: number): PlacedHook {
  const { elf, fileName } = context.target.process;
  const [startup, shutdown] = ['php_request_startup', 'php_request_shutdown'].map((name) => elf.symbol(name));
  if (!startup || !shutdown) {
    throw new PhptraceError(`--loop request: ${fileName} does not export php_request_startup: name a function instead`);
  }
  context.object.setHook(hook, 0, 'request');
  const started = attach(context, elf.fileOffset(startup.address), { site: 'symbol', value: hook });
  try {
    const ended = attach(context, elf.fileOffset(shutdown.address), {}, 'on_request_shutdown');
    return { boundary: 'request', attachments: [started, ended] };
  } catch (error) {
    void started.detach();
    throw error;
  }
}

function attach(
  { object, links, target }: PlacingContext,
  fileOffset: number,
  cookie: Cookie,
  program: 'on_site' | 'on_request_shutdown' = 'on_site',
): Attachment {
  const { file, pid } = target.process;
  return attachUprobes(object, links, file, pid, [{ program, fileOffset, cookie }]);
}
