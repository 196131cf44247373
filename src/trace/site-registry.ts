import { displayName } from '../php/frames.js';
import { SITE_NO_FRAME } from './events.js';
import type { SiteNamed } from './events.js';
import type { PathRecord, SiteRecord } from './records.js';

const NO_FRAME = 0;

/**
 * Gives sites and paths numbers of our own: one a file, line and function, however often the kernel numbers the code
 * anew (a closure made again, a file included again, the next request).
 */
export class SiteRegistry {
  private readonly siteOfKernel = new Uint32Array(1 << 16);
  private readonly pathOfKernel = new Map<number, number>();
  private readonly sites = new Map<string, number>();
  private readonly paths = new Map<string, number>();
  private readonly wanted = new Set<number>();

  /** Emits each record before the number in it is used. `wantPaths` is told the kernel's number of a site. */
  constructor(
    private readonly emit: (record: SiteRecord | PathRecord) => void,
    private readonly wantPaths: (kernelSite: number) => void,
  ) {
    this.add('', { type: 'site', site: NO_FRAME, file: null, line: 0, function: null });
    this.siteOfKernel[SITE_NO_FRAME] = NO_FRAME;
  }

  /** The kernel gives a number a name, from now on. */
  name(named: SiteNamed): void {
    const fn = displayName(named.function, named.className);
    const key = `${named.file ?? ''}\0${String(named.line)}\0${fn}`;
    let site = this.sites.get(key);
    if (site === undefined) {
      site = this.sites.size;
      this.add(key, { type: 'site', site, file: named.file, line: named.line, function: fn });
    }
    this.siteOfKernel[named.site] = site;
    if (this.wanted.has(site)) this.wantPaths(named.site);
  }

  /** The kernel gives a path a number. */
  namePath(kernelPath: number, kernelSites: readonly number[], truncated: boolean): void {
    const sites = kernelSites.map((site) => this.site(site));
    const key = `${sites.join(',')}${truncated ? '+' : ''}`;
    let path = this.paths.get(key);
    if (path === undefined) {
      path = this.paths.size + 1;
      this.paths.set(key, path);
      this.emit({ type: 'path', path, sites, truncated });
    }
    this.pathOfKernel.set(kernelPath, path);
  }

  site(kernelSite: number): number {
    return this.siteOfKernel[kernelSite] ?? NO_FRAME;
  }

  path(kernelPath: number): number {
    return kernelPath === 0 ? 0 : (this.pathOfKernel.get(kernelPath) ?? 0);
  }

  /** Call paths of this site's blocks are worth their cost from now on. */
  want(site: number): void {
    // Kernel numbers without a name stand at no frame too, and there is no path from there.
    if (site === NO_FRAME || this.wanted.has(site)) return;
    this.wanted.add(site);
    this.siteOfKernel.forEach((known, kernelSite) => {
      if (known === site) this.wantPaths(kernelSite);
    });
  }

  private add(key: string, record: SiteRecord): void {
    this.sites.set(key, record.site);
    this.emit(record);
  }
}
