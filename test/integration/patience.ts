/**
 * How many times as long as on a usual machine everything may take: limits of the tests, and lives of the programs that
 * they trace (which read it themselves). `make test-vm` sets it, for an emulated CPU is slow.
 */
export const patience = Number(process.env['PHPTRACE_PATIENCE'] ?? 1);
