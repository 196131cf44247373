import { CommanderError } from 'commander';

/**
 * What a failure says on stderr: one line that ends in a newline, and the stack below it only for an error that nobody
 * foresaw and only where `argv` asks for details.
 */
export function failureLines(error: unknown, argv: readonly string[]): string {
  if (error instanceof CommanderError) return usageLine(error);
  if (!(error instanceof Error)) return line(String(error));
  // By name: this module must work where the library, and its class with it, could not be loaded.
  if (error.name === 'PhptraceError') return line(error.message);
  if (asksForDetails(argv)) return line(`unexpected: ${error.message}`) + `${error.stack ?? ''}\n`;
  return line(`unexpected: ${error.message} (run again with -v for details)`);
}

function usageLine(error: CommanderError): string {
  const message = error.message.replace(/^error: (command-argument )?/, '');
  // A value that was refused says itself what would do; the other usage errors need the way out.
  const hint = error.code === 'commander.invalidArgument' ? '' : ' (see phptrace --help)';
  return line(message + hint);
}

function line(message: string): string {
  return `phptrace: ${message.trim().replace(/\s*\n\s*/g, ' ')}\n`;
}

/** The arguments after `--` belong to the program that `run` starts. */
function asksForDetails(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  return own.includes('-v') || own.includes('--verbose');
}
