/**
 * A saved image: a fixed head, a description in JSON, the runs of pages that are not zero, those pages, a checksum.
 *
 *   0  magic: not text, and damaged by whatever changes line ends
 *  16  u32 format, u32 bytes of JSON, u32 number of runs, u32 0
 *  32  u64 bytes of the image, u64 bytes of pages in the file
 *  48  SHA-256 of the first 48 bytes, the JSON and the runs
 *  80  JSON { header, segments }; runs, each { u32 first page, u32 pages }; pages; SHA-256 of the pages
 *
 * All little-endian. SHA-256 (1.2 GB/s where the CPU has instructions for it) is in every Node 20; crc32 is not.
 */
export const DUMP_FORMAT = 1;
export const MAGIC = Buffer.from('phptrace dump\r\n\x1a', 'latin1');
export const HEAD_BYTES = 80;
export const CHECKED_HEAD_BYTES = 48;
export const RUN_BYTES = 8;
export const CHECKSUM_BYTES = 32;
export const PAGE_BYTES = 4096;
export const CHECKSUM = 'sha256';
/** Pieces in which a file is read and written: large enough for the disk, small enough for the CPU's cache. */
export const PIECE_BYTES = 1 << 20;

/** The numbers of the head. */
export interface DumpHead {
  readonly format: number;
  readonly jsonBytes: number;
  readonly runs: number;
  readonly imageBytes: number;
  readonly pageBytes: number;
}

/** The head's first 48 bytes. */
export function encodeHead({ format, jsonBytes, runs, imageBytes, pageBytes }: DumpHead): Buffer {
  const head = Buffer.alloc(CHECKED_HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32LE(format, 16);
  head.writeUInt32LE(jsonBytes, 20);
  head.writeUInt32LE(runs, 24);
  head.writeBigUInt64LE(BigInt(imageBytes), 32);
  head.writeBigUInt64LE(BigInt(pageBytes), 40);
  return head;
}

/** @param head at least 48 bytes that begin with the magic. */
export function decodeHead(head: Buffer): DumpHead {
  return {
    format: head.readUInt32LE(16),
    jsonBytes: head.readUInt32LE(20),
    runs: head.readUInt32LE(24),
    imageBytes: Number(head.readBigUInt64LE(32)),
    pageBytes: Number(head.readBigUInt64LE(40)),
  };
}
