/** `9.8 ns`, `2.3 us`, `41 ms`, `6.1 s`: two figures or more. */
export function duration(ns: number): string {
  if (Math.abs(ns) < 1000) return `${figures(ns)} ns`;
  if (ns < 1e6) return `${figures(ns / 1000)} us`;
  return ns < 1e9 ? `${figures(ns / 1e6)} ms` : `${figures(ns / 1e9)} s`;
}

/** `2.4M/s` of so many in so much time. */
export function rate(count: number, ns: number): string {
  return `${figures((count * 1000) / ns)}M/s`;
}

/** `1/6.1` or `2.4`: ours to the peer's. */
export function ratio(ours: number, peers: number): string {
  return ours < peers ? `1/${figures(peers / ours)}` : figures(ours / peers);
}

/** At least two figures, and the whole part always. */
export function figures(value: number): string {
  const size = Math.abs(value);
  return size < 100 ? value.toPrecision(size < 10 ? 2 : 3) : value.toFixed(0);
}
