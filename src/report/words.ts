/** `1 line`, `2 lines`. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Bytes a loop: whole where they are, else to a tenth. */
export function amount(bytes: number): string {
  return Number.isInteger(bytes) ? String(bytes) : bytes.toFixed(1);
}
