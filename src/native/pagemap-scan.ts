import koffi from 'koffi';
import { constants } from 'node:os';
import { SystemCallError, systemCall } from './libc.js';

const SYS_IOCTL = 16;
/** _IOWR('f', 16, struct pm_scan_arg), Linux 6.7 (include/uapi/linux/fs.h). */
const PAGEMAP_SCAN = 0xc060_6610;
const PAGE_IS_FILE = 4;
const PAGE_IS_PRESENT = 8;
const PAGE_IS_SWAPPED = 16;

/** struct pm_scan_arg: which of its words is what. */
const ARGUMENT_WORDS = 12;
const START = 2;
const END = 3;
const WALK_END = 4;
const VECTOR = 5;
const VECTOR_LENGTH = 6;
const INVERTED = 8;
const ALL_OF = 9;
const ANY_OF = 10;
/** struct page_region { start, end, categories }. */
const REGION_WORDS = 3;
const REGIONS = 1024;

/** Asks the kernel for runs of pages, which is several times faster than an entry a page. */
export class PagemapScan {
  private readonly argument = new BigUint64Array(ARGUMENT_WORDS);
  private readonly regions = new BigUint64Array(REGION_WORDS * REGIONS);

  /** @param fd /proc/<pid>/pagemap, open. */
  constructor(private readonly fd: number) {}

  /**
   * Runs of pages that exist, or of those that are of no file and not shared: [start, end, start, end, …]. Undefined
   * where the kernel knows no such question. @throws SystemCallError
   */
  runs(start: number, end: number, ownOnly: boolean): number[] | undefined {
    const runs: number[] = [];
    const { argument } = this;
    const none = ownOnly ? BigInt(PAGE_IS_FILE) : 0n;
    argument[0] = BigInt(argument.byteLength);
    argument[END] = BigInt(end);
    argument[VECTOR] = koffi.address(this.regions.buffer);
    argument[VECTOR_LENGTH] = BigInt(REGIONS);
    argument[INVERTED] = argument[ALL_OF] = none;
    argument[ANY_OF] = BigInt(PAGE_IS_PRESENT | PAGE_IS_SWAPPED);
    for (let at = start; at < end; at = Number(argument[WALK_END])) {
      argument[START] = BigInt(at);
      const count = this.scan();
      if (count === undefined) return undefined;
      this.add(runs, count);
    }
    return runs;
  }

  /** Number of regions found; undefined where there is no such ioctl. */
  private scan(): number | undefined {
    try {
      return systemCall('ioctl(PAGEMAP_SCAN)', SYS_IOCTL, this.fd, PAGEMAP_SCAN, koffi.address(this.argument.buffer));
    } catch (error) {
      const unknown = [constants.errno.ENOTTY, constants.errno.EINVAL];
      if (error instanceof SystemCallError && unknown.includes(error.errno)) return undefined;
      throw error;
    }
  }

  private add(runs: number[], count: number): void {
    for (let region = 0; region < count; region++) {
      const from = Number(this.regions[REGION_WORDS * region]);
      const to = Number(this.regions[REGION_WORDS * region + 1]);
      // Regions of different categories, and those that two calls tell of, may touch each other.
      if (runs.length > 0 && runs[runs.length - 1] === from) runs[runs.length - 1] = to;
      else runs.push(from, to);
    }
  }
}
