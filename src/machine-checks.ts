import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { stopAtExec } from './bpf/launch-object.js';
import { check, messageOf } from './check.js';
import type { Check } from './check.js';
import { isInUserNamespace, missingCapabilities, wayToRights } from './native/capabilities.js';
import type { Capability } from './native/capabilities.js';
import { openUprobeEvent } from './native/kernel-links.js';
import { MULTI_SINCE, isKernelSince } from './native/kernel-version.js';
import { missingWatchpoints } from './native/watchpoints.js';
import { SystemCallError, closeFd } from './native/libc.js';

const OLDEST_KERNEL = [5, 15] as const;

/** What of this machine, and of this process's rights, tracing needs or can use. */
export function machineChecks(): Check[] {
  return [kernel(), ...rights(), yama(), btf(), uprobes(), uprobeMulti(), perfUprobes(), programs(), watchpoint()];
}

function kernel(): Check {
  const ok = process.platform === 'linux' && process.arch === 'x64' && isKernelSince(OLDEST_KERNEL);
  return check('kernel', ok, `${process.platform} ${release()} ${process.arch}`, 'use Linux 5.15 or later on x86-64');
}

/** What each command takes besides being able to run. A table for the README, too. */
const TO_TRACE = ['CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_PTRACE'] as const;
const TO_DUMP = ['CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH'] as const;

function rights(): Check[] {
  return [
    rightsCheck('rights: attach, run', TO_TRACE, wayToRights(...TO_TRACE), true),
    rightsCheck(
      'rights: dump',
      TO_DUMP,
      `${wayToRights(...TO_DUMP)}; without, holders are told of your own user's processes only`,
      false,
    ),
    check('rights: analyze, diff', true, 'none: they read files', '', false),
  ];
}

function rightsCheck(name: string, wanted: readonly Capability[], remedy: string, required: boolean): Check {
  const missing = missingCapabilities(wanted);
  const inVain = missing.length === 0 && isInUserNamespace();
  const found = missing.length > 0 ? `without ${missing.join(', ')}` : wanted.join(', ');
  const place = inVain ? ', but only in a user namespace' : '';
  return check(name, missing.length === 0 && !inVain, found + place, remedy, required);
}

/** Yama's highest level forbids ptrace to everybody (Documentation/admin-guide/LSM/Yama.rst). */
function yama(): Check {
  const file = '/proc/sys/kernel/yama/ptrace_scope';
  const scope = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  const found = scope === undefined ? 'nothing restricts it' : `kernel.yama.ptrace_scope is ${scope}`;
  return check('ptrace', scope !== '3', found, 'boot without kernel.yama.ptrace_scope=3: it cannot be taken back');
}

function btf(): Check {
  const file = '/sys/kernel/btf/vmlinux';
  const ok = existsSync(file);
  return check(
    'BTF',
    ok,
    ok ? file : 'none',
    'not needed by the exact trace; a kernel with CONFIG_DEBUG_INFO_BTF has it',
    false,
  );
}

function uprobes(): Check {
  const ok = existsSync('/sys/bus/event_source/devices/uprobe/type');
  return check('uprobes', ok, ok ? 'perf uprobe events' : 'none', 'use a kernel built with CONFIG_UPROBE_EVENTS');
}

function uprobeMulti(): Check {
  const ok = isKernelSince(MULTI_SINCE);
  return check(
    'uprobe_multi',
    ok,
    ok ? 'kernel 6.6 or later' : 'none',
    'not needed: perf links do the same, slower to attach',
    false,
  );
}

/** Opened on a file that is not there: the kernel looks at the rights first. */
function perfUprobes(): Check {
  const name = 'uprobes by perf';
  const isNeeded = !isKernelSince(MULTI_SINCE);
  const instead = isNeeded ? wayToRights('CAP_PERFMON', 'CAP_SYS_ADMIN') : 'not needed: uprobe_multi does the same';
  try {
    closeFd(openUprobeEvent('/proc/self/no-such-file', process.pid, 0));
  } catch (error) {
    const found = messageOf(error);
    const isAllowed = error instanceof SystemCallError && error.errnoName === 'ENOENT';
    return check(name, isAllowed, isAllowed ? 'the kernel allows them' : found, instead, isNeeded);
  }
  return check(name, true, 'the kernel allows them', '', isNeeded);
}

function programs(): Check {
  try {
    stopAtExec(0)();
    return check('BPF programs', true, 'the kernel loads them', '');
  } catch (error) {
    return check('BPF programs', false, messageOf(error), 'run as root, and see that libbpf1 is installed');
  }
}

function watchpoint(): Check {
  const instead = "not needed: the opline's handler is probed instead, and each opline of its kind pays for it";
  const remedy = isParanoid() ? `${instead}; sysctl kernel.perf_event_paranoid=2 gives them to CAP_PERFMON` : instead;
  const missing = missingWatchpoints();
  return check('watchpoints', missing === undefined, missing ?? 'hardware breakpoints', remedy, false);
}

/** Debian's kernels know a level above the 2 of others: perf events are CAP_SYS_ADMIN's alone. */
function isParanoid(): boolean {
  const file = '/proc/sys/kernel/perf_event_paranoid';
  return existsSync(file) && Number(readFileSync(file, 'utf8')) > 2;
}
