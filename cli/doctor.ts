import type { Command } from 'commander';
import { doctor } from '../src/index.js';
import type { Diagnosis } from '../src/index.js';
import type { SetExitCode } from './exit-code.js';
import { parsePid } from './quantities.js';
import { printResult } from './report-output.js';

export function addDoctorCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('doctor')
    .description('tell whether tracing works here, and for a process how its layout was found')
    .argument('[pid]', 'PHP process to look at too', parsePid)
    .addHelpText('after', '\nExample:\n  sudo phptrace doctor 4242')
    .action(async (pid: number | undefined) => {
      const diagnosis = await doctor(pid);
      await printResult(renderDiagnosis(diagnosis));
      setExitCode(diagnosis.usable ? 0 : 2);
    });
}

/** A table of plain text, one check a line, a remedy below the check that needs it. */
function renderDiagnosis(diagnosis: Diagnosis): string {
  const nameWidth = Math.max(0, ...diagnosis.checks.map((check) => check.name.length));
  const lines: string[] = [];
  for (const check of diagnosis.checks) {
    lines.push(`${check.name.padEnd(nameWidth)}  ${state(check).padEnd(STATE_WIDTH)}  ${check.found}`.trimEnd());
    if (check.remedy !== undefined) lines.push(`${' '.repeat(nameWidth + STATE_WIDTH + 4)}-> ${check.remedy}`);
  }
  lines.push('', diagnosis.usable ? 'phptrace can trace here.' : `${obstacle(diagnosis)}.`);
  return `${lines.join('\n')}\n`;
}

const STATE_WIDTH = 'missing'.length;

function state(check: Diagnosis['checks'][number]): string {
  if (check.ok) return 'ok';
  return check.required ? 'missing' : 'without';
}

function obstacle({ checks }: Diagnosis): string {
  const names = checks.filter((check) => check.required && !check.ok).map((check) => check.name);
  if (names.length === 0) return 'phptrace cannot trace here: see above';
  return names.join() === 'process'
    ? 'phptrace cannot trace this process'
    : `phptrace cannot trace here: missing ${names.join(', ')}`;
}
