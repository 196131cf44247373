import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopAtExec, stopAtInstruction } from '../bpf/launch-object.js';
import { PhptraceError } from '../errors.js';
import { NoPhpThread } from '../php/php-threads.js';
import { NotPhp, openPhpProcess, processState } from '../php/process.js';
import { openTarget } from './target.js';
import type { Opening, Target } from './target.js';

/** A program that was started and stands still before its first instruction. */
export interface Launched {
  readonly target: Target;
  /** Lets it run. */
  resume(): void;
  /** Ends it, if it still runs: it is ours. */
  terminate(): void;
  /** Resolves when it has ended, with a phrase: `exit code 0`, `signal SIGKILL`. */
  readonly ended: Promise<string>;
}

/**
 * Should phptrace be killed while the program stands still, the kernel lets it go on: prctl(PR_SET_PDEATHSIG) by
 * util-linux's setpriv, which every distribution has but the smallest.
 */
const RESUME_WHEN_ORPHANED =
  'command -v setpriv >/dev/null && setpriv --pdeathsig CONT true 2>/dev/null && exec setpriv --pdeathsig CONT -- "$@";';
const POLL_MS = 2;
const START_MS = 20_000;

/**
 * Starts a command and holds it where PHP is about to begin: each program that it executes before (env, a shell, a
 * wrapper) is let go. @throws PhptraceError where the command cannot be started or never becomes PHP
 */
export async function launch(
  argv: readonly string[],
  stdout: 'inherit' | 'stderr',
  opening: Opening,
): Promise<Launched> {
  const [command = ''] = argv;
  if (!isExecutable(command)) {
    throw new PhptraceError(`cannot start ${command}: there is no such command, or it may not be executed`);
  }
  // The shell stops itself, so that the exec to come is watched before it happens.
  const script = `kill -STOP $$; ${RESUME_WHEN_ORPHANED} exec "$@"`;
  const stdio = ['inherit', stdout === 'stderr' ? 2 : 'inherit', 'inherit'] as const;
  const child = spawn('/bin/sh', ['-c', script, 'phptrace', ...argv], { stdio: [...stdio] });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
    });
  });
  try {
    const target = await holdAtPhp(child, argv, opening);
    return {
      target,
      ended,
      resume: () => void child.kill('SIGCONT'),
      terminate: () => {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** As execvp(3) looks for it. */
function isExecutable(command: string): boolean {
  const folders = command.includes('/') ? [''] : (process.env.PATH ?? '/usr/bin:/bin').split(':');
  return folders.some((folder) => {
    try {
      const file = join(folder, command);
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}

async function holdAtPhp(child: ChildProcess, argv: readonly string[], opening: Opening): Promise<Target> {
  const pid = child.pid;
  if (pid === undefined) throw new PhptraceError(`cannot start ${argv.join(' ')}: /bin/sh did not start`);
  const command = argv.join(' ');
  await stopped(child, pid, command);
  const release = stopAtExec(pid);
  try {
    for (;;) {
      child.kill('SIGCONT');
      await stopped(child, pid, command);
      try {
        return openTarget(pid, opening);
      } catch (error) {
        if (error instanceof NoPhpThread) return await holdAtStart(child, pid, command, opening);
        if (!(error instanceof NotPhp)) throw error;
      }
    }
  } finally {
    release();
  }
}

/** The first call of this comes when PHP has started its modules, and all of its structures are in place. */
const STARTED = 'zend_interned_strings_switch_storage';

/** Lets a thread-safe PHP run on to where it has its globals, which are in memory of its threads' own. */
async function holdAtStart(child: ChildProcess, pid: number, command: string, opening: Opening): Promise<Target> {
  const { elf, file, fileName } = openPhpProcess(pid);
  let release: () => void;
  try {
    const place = elf.symbol(STARTED);
    if (place === undefined) {
      throw new PhptraceError(`${fileName} does not export ${STARTED}: start the program, then \`phptrace attach\` it`);
    }
    release = stopAtInstruction(pid, file, elf.fileOffset(place.address));
  } finally {
    elf.close();
  }
  try {
    child.kill('SIGCONT');
    await stopped(child, pid, command);
    return openTarget(pid, opening);
  } finally {
    release();
  }
}

async function stopped(child: ChildProcess, pid: number, command: string): Promise<void> {
  for (const until = Date.now() + START_MS; Date.now() < until; await sleep(POLL_MS)) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new PhptraceError(
        `${command} ended before PHP began: name php itself (a shell must use exec), and check the command`,
      );
    }
    if (processState(pid) === 'T') return;
  }
  throw new PhptraceError(`${command} did not execute PHP within ${String(START_MS / 1000)} s: check the command`);
}
