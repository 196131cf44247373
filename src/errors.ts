/** A failure that the user can act on: one line that says what failed, on what, why, and the way out. */
export class PhptraceError extends Error {
  override readonly name = 'PhptraceError';
}
