const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `512 bytes`, `3.4 KiB`, `12.0 MiB`, with powers of 1024. */
export function readableSize(bytes: number): string {
  let [value, unit] = [bytes, 0];
  // What would be rounded to 1024.0 is 1.0 of the next unit.
  while (Math.abs(value) >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? String(value) : value.toFixed(1)} ${UNITS[unit]!}`;
}

/** The same with its sign, for what grew or shrank. */
export function signedSize(bytes: number): string {
  return bytes > 0 ? `+${readableSize(bytes)}` : readableSize(bytes);
}

/** `1,234,567`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
