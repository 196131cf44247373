import { GrowthPaths } from './growth-paths.js';
import { HookLedger } from './hook-ledger.js';
import { UNSEEN_FREE } from './late-free-table.js';
import { Places } from './places.js';
import { PointerTable } from './pointer-table.js';
import type { Counters, LoopRecord, Residue } from './records.js';
import { Replacements } from './replacements.js';

export interface LedgerOptions {
  /** Gets each loop as it settles. */
  readonly emit: (record: LoopRecord) => void;
  /** How many hooks there are. */
  readonly hooks: number;
  /** Called the first time that a block of a site outlives the loop after its own. */
  readonly onSurvivor?: (site: number) => void;
}

/** A block that is live, and where it comes from. */
export interface LiveBlock {
  address: number;
  bytes: number;
  site: number;
  path: number;
  hook: number;
  /** The loop of its birth, from 1. */
  loop: number;
  /** Born outside of the loops. */
  outside: boolean;
  /** Whether its loop is settled. */
  isSettled: boolean;
}

/**
 * Keeps the books of a trace: takes the events in the order in which the program made them and hands out a record for
 * each settled loop. Loop n is settled at the end of loop n + 1, for neighbours offset each other. A loop that was not
 * followed by another whole one is never settled.
 *
 * A block belongs to the loop of the context (main or a fiber) that it was born in. One born between loops belongs to
 * the hook that last began a loop and is marked as outside; before any boundary that is loop -1 of hook 0. Nobody saw
 * whether a block of loop -1 was born in a loop: it ends as one of those that its line makes, in loops or between them,
 * and where the line does both, as one of those among which it ends.
 */
export class Ledger {
  /** The live blocks; `birth` is packed, see `pack`. */
  readonly table = new PointerTable();
  private readonly places = new Places();
  private readonly hooks: readonly HookLedger[];
  private readonly emit: LedgerOptions['emit'];
  private readonly onSurvivor: LedgerOptions['onSurvivor'];
  private readonly boundariesSeen: number[];
  /** Births pack the flags, the hook, and the loop + 1 above them. */
  private readonly hookBits: number;
  private readonly told: boolean[] = [];
  /** By site: made blocks between loops. */
  private readonly madeBetween: boolean[] = [];
  private lastBegun = 0;
  /** The block that was handed out last, by `events` at that time. */
  private readonly lastBorn = { event: -1, address: 0, site: 0, path: 0, hook: 0 };
  private readonly replacements = new Replacements();
  /** Of the blocks that are RESIZED. */
  private readonly growthPaths = new GrowthPaths();
  /** What the events add up to since the start, bytes. */
  private balance = 0;
  private events = 0;
  private unknownFrees = 0;
  private unknownFreedBytes = 0;
  private missedFrees = 0;

  constructor(options: LedgerOptions) {
    this.emit = options.emit;
    this.onSurvivor = options.onSurvivor;
    const hooks = Math.max(1, options.hooks);
    this.hooks = Array.from({ length: hooks }, (_, hook) => new HookLedger(hook, this.places));
    this.boundariesSeen = new Array<number>(hooks).fill(0);
    this.hookBits = Math.ceil(Math.log2(hooks));
  }

  /** Blocks that are live now, as far as their births were seen. */
  get liveBlocks(): number {
    return this.table.size;
  }

  /** Calls seen so far, by hook. */
  get loopsSeen(): readonly number[] {
    return this.boundariesSeen;
  }

  /** What this ledger counted; the other counters of a trace belong to those who read the events. */
  get counters(): Pick<Counters, 'events' | 'unknownFrees' | 'unknownFreedBytes' | 'missedFrees'> {
    const { events, unknownFrees, unknownFreedBytes, missedFrees } = this;
    return { events, unknownFrees, unknownFreedBytes, missedFrees };
  }

  /** The heap handed a block out. `hook` is 0 outside any loop, else 1 + the hook's number. A null address is none. */
  alloc(address: number, sizeBytes: number, site: number, path: number, kernelHook: number): void {
    this.events++;
    if (address === 0) return;
    const hook = this.hookWithin(kernelHook);
    this.born(address, sizeBytes, site, path, hook);
    this.lastBorn.event = this.events;
    this.lastBorn.address = address;
    this.lastBorn.site = site;
    this.lastBorn.path = path;
    this.lastBorn.hook = hook;
  }

  /**
   * The heap took a block back. `sizeBytes` is what the heap's page map says; it counts where the block's birth was not
   * seen. The death is charged to a loop of the hook that the block belongs to: to the one it happens in, else to the one
   * that began last.
   */
  free(address: number, sizeBytes: number, site: number, kernelHook: number): void {
    this.events++;
    if (address === 0) return;
    const hook = this.hookWithin(kernelHook);
    const end = this.died(address, sizeBytes, site, hook);
    if (end !== 'unknown' && (this.table.found.birth & RESIZED) !== 0) this.growthPaths.ended(address);
    const { lastBorn } = this;
    const isReplaced = lastBorn.event === this.events - 1 && lastBorn.site === site;
    if (end === 'recorded') {
      if (isReplaced) this.replacements.moved(address, lastBorn.address);
    } else if (isReplaced) {
      const { path } = lastBorn;
      this.replacements.add(lastBorn.address, {
        sizeBytes,
        site,
        path,
        hook: lastBorn.hook,
        isUnknown: end === 'unknown',
      });
    } else if (end === 'unknown') this.hooks[this.lastBegun]!.freedOlder(sizeBytes);
  }

  /**
   * A block was moved or changed its size: the death of the old and the birth of the new one, also in place. In place
   * with the size unchanged nothing happens, the block keeps its birth.
   *
   * While the loop of its birth lasts a block is the newest line's. After that it stays with the first line that resizes
   * it, whichever line does so next: several may append to one string, and each would seem to give back what the others
   * took. Of the paths by which that line is reached it is the one that added most.
   */
  realloc(
    oldAddress: number,
    oldSizeBytes: number,
    newAddress: number,
    newSizeBytes: number,
    site: number,
    path: number,
    kernelHook: number,
  ): void {
    this.events++;
    const hook = this.hookWithin(kernelHook);
    if (oldAddress === 0) {
      if (newAddress !== 0) this.born(newAddress, newSizeBytes, site, path, hook);
      return;
    }
    if (oldAddress === newAddress && this.sizeOf(oldAddress, oldSizeBytes) === newSizeBytes) return;
    const end = this.died(oldAddress, oldSizeBytes, site, hook, true);
    if (end === 'recorded') this.replacements.moved(oldAddress, newAddress);
    else this.outgrown(oldSizeBytes, site, path, hook);
    const { birth, site: lineOf, path: pathOf, sizeBytes } = this.table.found;
    const isRecorded = end === 'recorded';
    const isFollowed = end !== 'unknown' && (birth & RESIZED) !== 0;
    if (isFollowed && (newAddress === 0 || !isRecorded)) this.growthPaths.ended(oldAddress);
    if (newAddress === 0) return;
    const growth = newSizeBytes - (end === 'unknown' ? oldSizeBytes : sizeBytes);
    if (isRecorded && isFollowed) {
      const most = this.growthPaths.grew(oldAddress, newAddress, lineOf === site ? path : 0, growth);
      this.born(newAddress, newSizeBytes, lineOf, most, this.hookOfBlock(birth, lineOf, hook), RESIZED);
    } else if (isRecorded && this.isOfThisLoop(birth, hook)) {
      this.born(newAddress, newSizeBytes, site, path, hook);
    } else {
      if (isRecorded && lineOf === site) this.growthPaths.begin(newAddress, pathOf, sizeBytes);
      else this.growthPaths.begin(newAddress, path, 0);
      const most = this.growthPaths.grew(newAddress, newAddress, path, growth);
      this.born(newAddress, newSizeBytes, site, most, hook, RESIZED);
    }
  }

  /**
   * The next loop of a hook begins, in the context that runs. The first boundary of a hook begins call 0, which gets no
   * record. `heapSize` is what the allocator says that it has handed out, bytes. `number` is the loop's, as the kernel
   * programs count; `over` that of the loop which ends with it, 0 where none does.
   */
  boundary(hook: number, heapSize: number, timeNs: number, number: number, over: number): void {
    this.boundariesSeen[hook]!++;
    this.settleReplacements();
    this.lastBegun = hook;
    this.hand(this.hooks[hook]!.boundary(heapSize, this.balance, timeNs, number, over));
  }

  /** Another context runs from now on, which is part of the hook's loop of this number; 0: of none. */
  context(hook: number, number: number): void {
    this.hooks[hook]?.switchTo(number);
  }

  /** The last context of a loop has left it. */
  over(hook: number, number: number): void {
    this.hand(this.hooks[hook]!.left(number));
  }

  /** Loops that were settled though contexts were still part of them. */
  get givenUp(): number {
    return this.hooks.reduce((sum, { givenUp }) => sum + givenUp, 0);
  }

  /** The heap dropped everything, as at a request's end: every live block ends, and no site has freed it. */
  reset(heapSize: number): void {
    this.table.forEach((_address, sizeBytes, site, path, birth) => {
      const ledger = this.hooks[this.hookOf(birth)]!;
      const loop = this.loopOf(birth);
      if (ledger.isSettled(loop)) {
        const place = this.places.of(site, path, this.endsOutside(birth, site, 0), sizeBytes);
        ledger.diedLate(place, loop, sizeBytes, UNSEEN_FREE, ledger.loop);
      }
      this.balance -= sizeBytes;
    });
    this.table.clear();
    this.growthPaths.clear();
    for (const hook of this.hooks) hook.reset(heapSize, this.balance);
  }

  /**
   * What is alive now by line and path, the `most` places with most bytes. Walks the whole table: for the end of a trace that
   * has no loops.
   */
  alive(most = 100): Residue[] {
    const sums = new Map<number, { blocks: number; bytes: number }>();
    this.table.forEach((_address, sizeBytes, site, path, birth) => {
      const place = this.places.of(site, path, isOutside(birth), sizeBytes);
      let sum = sums.get(place);
      if (!sum) sums.set(place, (sum = { blocks: 0, bytes: 0 }));
      sum.blocks++;
      sum.bytes += sizeBytes;
    });
    const ofAllSizes = new Map<string, Residue>();
    for (const [place, { blocks, bytes }] of sums) {
      const born = this.places.describe(place);
      const key = `${born.site} ${born.path} ${born.outside}`;
      const met = ofAllSizes.get(key);
      ofAllSizes.set(key, { ...born, blocks: blocks + (met?.blocks ?? 0), bytes: bytes + (met?.bytes ?? 0) });
    }
    return [...ofAllSizes.values()].sort((a, b) => b.bytes - a.bytes).slice(0, most);
  }

  /**
   * Calls back with each live block that was born in a recorded loop of its hook. The object is the same each time.
   * Walks the whole table.
   */
  forEachLive(visit: (block: Readonly<LiveBlock>) => void): void {
    const nowhere = { site: 0, path: 0, hook: 0, loop: 0, outside: false };
    const block: LiveBlock = { address: 0, bytes: 0, ...nowhere, isSettled: false };
    this.table.forEach((address, sizeBytes, site, path, birth) => {
      block.loop = this.loopOf(birth);
      if (block.loop < 1) return;
      block.address = address;
      block.bytes = sizeBytes;
      block.site = site;
      block.path = path;
      block.hook = this.hookOf(birth);
      block.outside = isOutside(birth);
      block.isSettled = this.hooks[block.hook]!.isSettled(block.loop);
      visit(block);
    });
  }

  /** Whose loop is charged with what happens in one of this hook, as the kernel programs have it. */
  placeWithin(kernelHook: number): { readonly hook: number; readonly outside: boolean } {
    const hook = this.hookWithin(kernelHook);
    return hook === 0 ? { hook: this.lastBegun, outside: true } : { hook: hook - 1, outside: false };
  }

  /** The live block at an address; undefined where none was seen to be born. */
  blockAt(address: number): LiveBlock | undefined {
    if (!this.table.get(address)) return undefined;
    const { birth, site, path, sizeBytes: bytes } = this.table.found;
    const [hook, loop] = [this.hookOf(birth), this.loopOf(birth)];
    const isSettled = this.hooks[hook]!.isSettled(loop);
    return { address, bytes, site, path, hook, loop, outside: isOutside(birth), isSettled };
  }

  private born(address: number, sizeBytes: number, site: number, path: number, hook: number, resized = 0): void {
    const outside = hook === 0;
    const owner = outside ? this.lastBegun : hook - 1;
    const ledger = this.hooks[owner]!;
    const loop = outside ? ledger.loop : ledger.running;
    if (outside && loop >= 0) this.madeBetween[site] = true;
    const birth = this.pack(owner, loop, outside) | resized;
    if (this.table.insert(address, sizeBytes, site, path, birth)) {
      this.missedFrees++;
      this.ended(UNSEEN_FREE, 0, this.endsOutside(this.table.found.birth, this.table.found.site, 0));
    }
    this.balance += sizeBytes;
    ledger.born(this.places.of(site, path, outside, sizeBytes), sizeBytes, loop);
  }

  /** Outside any loop is also what happens in a context of one that is settled, for it was given up. */
  private hookWithin(kernelHook: number): number {
    if (kernelHook === 0) return 0;
    const ledger = this.hooks[kernelHook - 1]!;
    return ledger.isSettled(ledger.running) ? 0 : kernelHook;
  }

  /**
   * Returns whose block it was: `foreign` is older than the recorded loops and does not belong to what this site
   * allocates under this hook, as when it was born at the same line before the hook was in place.
   */
  private died(
    address: number,
    sizeBytes: number,
    site: number,
    hook: number,
    goesOn = false,
  ): 'recorded' | 'foreign' | 'unknown' {
    if (this.table.take(address)) {
      const { found } = this.table;
      const outside = this.endsOutside(found.birth, found.site, hook, goesOn);
      const isSame = found.site === site && this.isOwnedBy(found.birth, outside, hook);
      const isForeign = !isSame && this.loopOf(found.birth) < 1;
      this.ended(site, hook, outside);
      return isForeign ? 'foreign' : 'recorded';
    }
    this.unknownFrees++;
    this.unknownFreedBytes += sizeBytes;
    this.balance -= sizeBytes;
    return 'unknown';
  }

  private settleReplacements(): void {
    this.replacements.settle(
      (address) => this.table.get(address),
      ({ sizeBytes, site, path, hook, isUnknown }, stands) => {
        if (stands) this.outgrown(sizeBytes, site, path, hook);
        else if (isUnknown) this.hooks[this.lastBegun]!.freedOlder(sizeBytes);
      },
    );
  }

  /**
   * A block older than the recorded loops was moved, resized or replaced: it counts as born before the first loop at the
   * line that does so now, so that the line is charged with what it added and not with all of the new size. Before loop
   * 1 nothing is recorded that would have to be corrected.
   */
  private outgrown(oldSizeBytes: number, site: number, path: number, hook: number): void {
    const ledger = this.hooks[hook === 0 ? this.lastBegun : hook - 1]!;
    if (ledger.loop < 1) return;
    const place = this.places.of(site, path, hook === 0, oldSizeBytes);
    ledger.diedLate(place, -1, oldSizeBytes, site, ledger.loop);
  }

  /** Books the end of the block that the table has just found, in a loop of the hook. */
  private ended(site: number, hook: number, outside: boolean): void {
    const { found } = this.table;
    this.balance -= found.sizeBytes;
    const place = this.places.of(found.site, found.path, outside, found.sizeBytes);
    const owner = this.hookOf(found.birth);
    const ledger = this.hooks[owner]!;
    const inLoop = hook - 1 === owner ? ledger.running : ledger.loop;
    ledger.died(place, this.loopOf(found.birth), found.sizeBytes, site, inLoop);
  }

  /** The hook of a block that is resized, as events have it: 0 where it goes on outside of the loops. */
  private hookOfBlock(birth: number, site: number, hook: number): number {
    return this.endsOutside(birth, site, hook, true) ? 0 : this.hookWithin(this.hookOf(birth) + 1);
  }

  /** Whether the loop that runs now is the one of this birth. */
  private isOfThisLoop(birth: number, hook: number): boolean {
    const ledger = this.hooks[this.hookOf(birth)]!;
    return this.loopOf(birth) === (hook === 0 ? ledger.loop : ledger.running);
  }

  private sizeOf(address: number, otherwise: number): number {
    return this.table.get(address) ? this.table.found.sizeBytes : otherwise;
  }

  /** With h hooks there is room for 2^(30 - ceil(log2 h)) loops: at 10,000 a second and 8 hooks, more than 3 hours. */
  private pack(hook: number, loop: number, outside: boolean): number {
    return ((((loop + 1) << this.hookBits) | hook) << FLAG_BITS) | (outside ? OUTSIDE : 0);
  }

  /**
   * Whether a block ends as one of those outside. As long as its loop is not settled, it ends as what it was born; one
   * that goes on with another size ends as what it will be.
   */
  private endsOutside(birth: number, site: number, hook: number, goesOn = false): boolean {
    if (!isOutside(birth)) return false;
    if (goesOn && hook === 0) return true;
    const loop = this.loopOf(birth);
    if (loop >= 0 || !this.hooks[this.hookOf(birth)]!.isSettled(loop)) return true;
    if (!this.places.isMetInside(site)) return true;
    return this.madeBetween[site] === true && hook === 0;
  }

  private isOwnedBy(birth: number, endsOutside: boolean, hook: number): boolean {
    const outside = hook === 0;
    return endsOutside === outside && this.hookOf(birth) === (outside ? this.lastBegun : hook - 1);
  }

  private hookOf(birth: number): number {
    return (birth >>> FLAG_BITS) & ((1 << this.hookBits) - 1);
  }

  private loopOf(birth: number): number {
    return (birth >>> (FLAG_BITS + this.hookBits)) - 1;
  }

  private hand(records: readonly LoopRecord[]): void {
    for (const record of records) {
      this.emit(record);
      for (const { site } of record.residue) this.survived(site);
    }
  }

  private survived(site: number): void {
    if (this.told[site]) return;
    this.told[site] = true;
    this.onSurvivor?.(site);
  }
}

function isOutside(birth: number): boolean {
  return (birth & OUTSIDE) !== 0;
}

/** Flags of a birth: outside of the loops; resized after the loop of its first birth. */
const OUTSIDE = 1;
const RESIZED = 2;
const FLAG_BITS = 2;
