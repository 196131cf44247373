import type { EventSink, ProcessChange, SiteNamed } from '../trace/events.js';
import { Ledger } from '../trace/ledger.js';
import type { ArrayLine, LoopRecord, TraceRecord } from '../trace/records.js';
import { SiteRegistry } from '../trace/site-registry.js';

/** What a recorder tells while events come. */
export interface RecorderListener {
  /** Each record as it is made. */
  record(record: TraceRecord): void;
  /** A loop is settled; its record has gone out. */
  settled(record: LoopRecord): void;
  /** Call paths of a site, by the kernel's number, are worth their cost from now on. */
  wantPaths(kernelSite: number): void;
  /** The kernel programs met code that they had not met before. */
  metCode(named: SiteNamed): void;
  changed(change: ProcessChange): void;
  /**
   * A call from a line, or from none, may make an array longer that was asked for. It has so many elements more than at the
   * call before, or fewer.
   */
  insert(array: number, elements: number, by: ArrayLine | undefined): void;
  /** A request is over: its blocks are gone, and so is code that no cache keeps. */
  requestEnded(): void;
}

/** Books each event of the ring: sites and paths by numbers of our own, blocks and loops in the ledger. */
export class Recorder implements EventSink {
  readonly ledger: Ledger;
  private readonly registry: SiteRegistry;
  private isOpen = false;
  private isSettled = false;

  constructor(
    hooks: number,
    private readonly listener: RecorderListener,
  ) {
    const emit = (record: TraceRecord): void => {
      listener.record(record);
    };
    this.registry = new SiteRegistry(emit, (kernelSite) => {
      listener.wantPaths(kernelSite);
    });
    this.ledger = new Ledger({
      hooks,
      emit(record) {
        emit(record);
        listener.settled(record);
      },
      onSurvivor: (site) => {
        this.registry.want(site);
      },
    });
  }

  /**
   * Blocks are booked from now on. While probes are still being attached some events are seen and others are not: what
   * happens until then belongs to the time before the trace.
   */
  open(): void {
    this.isOpen = true;
  }

  /** No loop is settled any more; the table of blocks is still kept, up to the moment at which memory is copied. */
  settle(): void {
    this.isSettled = true;
  }

  alloc(address: number, sizeBytes: number, site: number, path: number, hook: number): void {
    if (!this.isOpen) return;
    this.ledger.alloc(address, sizeBytes, this.registry.site(site), this.registry.path(path), hook);
  }

  free(address: number, sizeBytes: number, site: number, hook: number): void {
    if (!this.isOpen) return;
    this.ledger.free(address, sizeBytes, this.registry.site(site), hook);
  }

  realloc(
    oldAddress: number,
    oldSizeBytes: number,
    address: number,
    sizeBytes: number,
    site: number,
    path: number,
    hook: number,
  ): void {
    if (!this.isOpen) return;
    const [ourSite, ourPath] = [this.registry.site(site), this.registry.path(path)];
    this.ledger.realloc(oldAddress, oldSizeBytes, address, sizeBytes, ourSite, ourPath, hook);
  }

  loop(hook: number, heapSize: number, _frame: number, timeNs: number, number: number, over: number): void {
    if (!this.isSettled) this.ledger.boundary(hook, heapSize, timeNs, number, over);
  }

  context(hook: number, number: number): void {
    this.ledger.context(hook, number);
  }

  over(hook: number, number: number): void {
    if (!this.isSettled) this.ledger.over(hook, number);
  }

  insert(array: number, elements: number, site: number, path: number, hook: number): void {
    const ofPhp = this.registry.site(site);
    const by = { ...this.ledger.placeWithin(hook), site: ofPhp, path: this.registry.path(path) };
    this.listener.insert(array, elements, ofPhp === 0 ? undefined : by);
  }

  reset(): void {
    // zend_mm_shutdown leaves a heap that holds nothing.
    this.ledger.reset(0);
    this.listener.requestEnded();
  }

  site(named: SiteNamed): void {
    this.registry.name(named);
    this.listener.metCode(named);
  }

  path(path: number, sites: readonly number[], truncated: boolean): void {
    this.registry.namePath(path, sites, truncated);
  }

  process(change: ProcessChange): void {
    if (!this.isSettled) this.listener.changed(change);
  }
}
