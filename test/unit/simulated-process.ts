import { History } from '../../src/leaks/history.js';
import type { JudgedSite } from '../../src/leaks/judged-site.js';
import { judge, type Judgement } from '../../src/leaks/judgement.js';
import { Ledger } from '../../src/trace/ledger.js';
import type { LoopRecord, MissingHook, TraceRecord } from '../../src/trace/records.js';
import { randomFrom } from './random.js';

export interface Block {
  address: number;
  sizeBytes: number;
  line: number;
}

/**
 * A PHP process without PHP: hands out blocks, takes them back, and goes through the real ledger and history. Lines are
 * site numbers of `app.php`. Random numbers come from a seed, so a failure can be repeated.
 */
export class SimulatedProcess {
  readonly records: TraceRecord[] = [];
  readonly ledger: Ledger;
  readonly history = new History();
  heapSize = 0;
  hook = 1;
  /** Off for traces so long that their records would not fit into memory. */
  keepRecords = true;
  private nextAddress = 0x7f0000200000;
  private readonly named = new Set<number>();
  /** Uniform in [0, 1). */
  readonly random: () => number;
  private nowNs = 0;

  constructor(
    seed = 1,
    private readonly warmup = 3,
    loop = 'handle',
  ) {
    this.random = randomFrom(seed);
    this.ledger = new Ledger({ hooks: 1, emit: (record) => this.add(record) });
    this.add({
      type: 'trace',
      schema: 1,
      pid: 4711,
      php: '8.2.36',
      sapi: 'cli',
      mode: 'exact',
      startedAt: '2026-01-02T03:04:05.000Z',
      warmup,
    });
    this.add({ type: 'hook', hook: 0, loop, boundary: 'watchpoint' });
  }

  /** Runs as many calls as it takes to settle `judged` loops after warm-up. */
  run(judged: number, body: (loop: number) => void): this {
    for (let loop = 0; loop <= judged + this.warmup + 1; loop++) {
      this.boundary();
      body(loop);
    }
    this.boundary();
    return this;
  }

  boundary(): void {
    this.nowNs += 1_000_000;
    const begun = this.ledger.loopsSeen[0] ?? 0;
    this.ledger.boundary(0, this.heapSize, this.nowNs, begun + 1, begun);
  }

  alloc(line: number, sizeBytes: number, path = 0): Block {
    this.name(line);
    const block = { address: this.nextAddress, sizeBytes, line };
    this.nextAddress += sizeBytes;
    this.heapSize += sizeBytes;
    this.ledger.alloc(block.address, sizeBytes, line, path, this.hook);
    return block;
  }

  free(block: Block, line = block.line): void {
    this.name(line);
    this.heapSize -= block.sizeBytes;
    this.ledger.free(block.address, block.sizeBytes, line, this.hook);
  }

  /** Frees a block that was there before the trace began. */
  freeOlder(sizeBytes: number, line: number): void {
    const address = this.nextAddress;
    this.nextAddress += sizeBytes;
    this.free({ address, sizeBytes, line });
  }

  realloc(block: Block, sizeBytes: number, path = 0): void {
    if (sizeBytes === block.sizeBytes) return;
    const address = this.nextAddress;
    this.nextAddress += sizeBytes;
    this.heapSize += sizeBytes - block.sizeBytes;
    this.ledger.realloc(block.address, block.sizeBytes, address, sizeBytes, block.line, path, this.hook);
    block.address = address;
    block.sizeBytes = sizeBytes;
  }

  end({ droppedEvents = 0, conclusive = true, reason = '100 loops', missing = [] as readonly MissingHook[] }): void {
    const counters = { ...this.ledger.counters, droppedEvents, unreadFrames: 0, unresolved: 0 };
    const { loopsSeen } = this.ledger;
    this.add({ type: 'end', reason, conclusive, counters, loopsSeen, notes: [], missing });
  }

  judgement(): Judgement {
    return judge(this.history);
  }

  site(line: number): JudgedSite | undefined {
    return this.judgement().sites.find((site) => site.place.line === line);
  }

  loops(): LoopRecord[] {
    return this.records.filter((record) => record.type === 'loop');
  }

  private add(record: TraceRecord): void {
    if (this.keepRecords) this.records.push(record);
    this.history.add(record);
  }

  private name(line: number): void {
    if (this.named.has(line)) return;
    this.named.add(line);
    this.add({ type: 'site', site: line, file: '/srv/app.php', line, function: 'handle' });
  }
}
