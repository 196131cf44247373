import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Options of php's command line that take the next argument (sapi/cli/php_cli.c, OPTIONS). */
const WITH_VALUE = new Set(['-c', '-d', '-z', '-t', '-B', '-R', '-F', '-E']);

/** The command line of a process; empty where it has none. @throws the file system's error where the process is gone */
export function argumentsOf(pid: number): string[] {
  const text = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').replace(/\0+$/, '');
  return text === '' ? [] : text.split('\0');
}

/**
 * What a PHP process is at, out of its command line: the script, `pool www` or `master` of FPM, `-S 127.0.0.1:8000` of
 * the web server that php has, a title that the program gave itself, or the command of a program that embeds PHP.
 * Empty where the command line is.
 */
export function whatRuns(argv: readonly string[]): string {
  const [command = '', ...args] = argv;
  const fpm = /^php-fpm: (?:(master) process|(pool .+?))(?: |$)(?:\(.*)?/.exec(command.trim());
  if (fpm) return fpm[1] ?? fpm[2] ?? command;
  if (!/^php[-\d.a-z]*$/i.test(basename(command))) return argv.join(' ').trim();
  return scriptOf(args);
}

function scriptOf(args: readonly string[]): string {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const next = args[at + 1] ?? '';
    if (arg === '--' || arg === '-f') return next;
    if (arg === '-S' || arg === '-r') return `${arg} ${next}`;
    if (!arg.startsWith('-')) return arg;
    if (WITH_VALUE.has(arg)) at++;
  }
  return '';
}
