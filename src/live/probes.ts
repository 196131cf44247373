import type { Probe } from '../bpf/links.js';
import type { ElfFile } from '../php/elf.js';
import type { AllocSite, FreeSite, ProbeSites, ReallocSite } from '../php/probe-sites.js';

/**
 * The allocator's sites as probes, in the order in which they are to be placed: the guards last, frees before
 * allocations, so that no block is seen to be handed out whose end is missed.
 */
export function allocatorProbes(sites: ProbeSites, elf: ElfFile): Probe[] {
  const at = (address: number): number => elf.fileOffset(address);
  const { heapApi } = sites;
  return [
    {
      program: 'on_destroy_op_array',
      fileOffset: at(sites.destroyOpArray.address),
      cookie: { value: sites.destroyOpArray.opArrayIn },
    },
    { program: 'on_heap_reset', fileOffset: at(sites.reset.address), cookie: { heap: sites.reset.heapIn } },
    ...fiberProbes(sites, at),
    ...sites.results.map(({ address, resultIn }): Probe => ({
      program: 'on_site',
      fileOffset: at(address),
      cookie: { site: 'result', value: resultIn },
    })),
    ...sites.free.map((site) => freeProbe(site, at, false)),
    ...heapApi.free.map((site) => freeProbe(site, at, true)),
    ...sites.realloc.map((site) => reallocProbe(site, at, false)),
    ...heapApi.realloc.map((site) => reallocProbe(site, at, true)),
    ...sites.alloc.map((site) => allocProbe(site, at, false)),
    ...heapApi.alloc.map((site) => allocProbe(site, at, true)),
  ];
}

/**
 * Where a program of ours is held: when its main script is compiled, and when it is over. None in a build that does not
 * export the places.
 */
export function scriptProbes(elf: ElfFile): Probe[] {
  const places = [
    ['on_execute', 'zend_execute'],
    ['on_shutdown', 'php_request_shutdown'],
  ] as const;
  return places.flatMap(([program, name]) => {
    const symbol = elf.symbol(name);
    return symbol === undefined ? [] : [{ program, fileOffset: elf.fileOffset(symbol.address), cookie: {} }];
  });
}

type FileOffset = (address: number) => number;

function fiberProbes({ fiberSwitch }: ProbeSites, at: FileOffset): Probe[] {
  if (fiberSwitch === null) return [];
  return [switchProbe(at(fiberSwitch.address))];
}

/** Where a library is about to have another context run. */
export function switchProbe(fileOffset: number): Probe {
  return { program: 'on_site', fileOffset, cookie: { site: 'switch' } };
}

function freeProbe(site: FreeSite, at: FileOffset, anyHeap: boolean): Probe {
  const { pointerIn } = site;
  const bin = site.kind === 'small' ? { bin: site.bin } : {};
  return {
    program: 'on_site',
    fileOffset: at(site.address),
    cookie: { ...guard(site, anyHeap), site: 'free', ...bin, pointer: pointerIn },
  };
}

function allocProbe(site: AllocSite, at: FileOffset, anyHeap: boolean): Probe {
  const size = site.kind === 'small' ? { bin: site.bin } : { value: site.sizeIn };
  return {
    program: 'on_site',
    fileOffset: at(site.address),
    cookie: { ...guard(site, anyHeap), site: 'alloc', ...size },
  };
}

function reallocProbe(site: ReallocSite, at: FileOffset, anyHeap: boolean): Probe {
  const { pointerIn, sizeIn, nullGoesTo } = site;
  const cookie = { site: 'realloc', pointer: pointerIn, value: sizeIn, nullIsAlloc: nullGoesTo === 'inline' } as const;
  return { program: 'on_site', fileOffset: at(site.address), cookie: { ...guard(site, anyHeap), ...cookie } };
}

/** A function that takes the heap as an argument may be given another one than PHP's: then the register is looked at. */
function guard(
  { heapIn, customIfZero }: AllocSite | FreeSite | ReallocSite,
  anyHeap: boolean,
): Pick<Probe['cookie'], 'heap' | 'asksForCustom'> {
  return { ...(anyHeap ? { heap: heapIn } : {}), asksForCustom: customIfZero !== undefined };
}
