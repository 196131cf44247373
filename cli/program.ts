import { Command, CommanderError } from 'commander';
import { packageVersion } from '../src/index.js';
import { addAnalyzeCommand } from './analyze.js';
import { addAttachCommand } from './attach.js';
import { addCleanCommand } from './clean.js';
import { addDiffCommand } from './diff.js';
import { addDoctorCommand } from './doctor.js';
import { addDumpCommand } from './dump.js';
import type { SetExitCode } from './exit-code.js';
import { addPsCommand } from './ps.js';
import { addRunCommand } from './run.js';

/**
 * Runs the command that `argv` (as `process.argv`) asks for and returns the exit code. Throws commander's
 * CommanderError for wrong usage and PhptraceError for what a command could not do.
 */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => (exitCode = code));
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    const answered = error instanceof CommanderError && ANSWERED.has(error.code);
    if (!answered) throw error;
    // Help that was asked for is 0; help because no command was given is wrong usage.
    return error.exitCode === 0 ? 0 : 2;
  }
  return exitCode;
}

/** Commander throws these after it has printed what the user wants to read. */
const ANSWERED: ReadonlySet<string> = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

function createProgram(setExitCode: SetExitCode): Command {
  const program = new Command('phptrace')
    .description('Finds the lines of a running PHP process that keep memory from loop to loop.')
    .version(packageVersion())
    // Options after the command belong to it, so that `run -- php -v` reaches php as it is.
    .enablePositionalOptions()
    .exitOverride()
    // Usage errors are printed once, by the entry, in one line.
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', '\nExit codes: 0 no leak, 1 leak, 2 could not tell or failed, 130 interrupted twice.');
  addAttachCommand(program, setExitCode);
  addRunCommand(program, setExitCode);
  addAnalyzeCommand(program, setExitCode);
  addPsCommand(program);
  addDumpCommand(program);
  addDiffCommand(program);
  addCleanCommand(program);
  addDoctorCommand(program, setExitCode);
  return program;
}
