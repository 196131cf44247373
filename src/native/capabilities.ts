import { readFileSync } from 'node:fs';

/** Bits of CapEff (include/uapi/linux/capability.h). */
const BITS = {
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

export type Capability = keyof typeof BITS;

/** What else allows the same (capabilities(7)). */
const WIDER: Partial<Record<Capability, Capability>> = {
  CAP_BPF: 'CAP_SYS_ADMIN',
  CAP_PERFMON: 'CAP_SYS_ADMIN',
  CAP_DAC_READ_SEARCH: 'CAP_DAC_OVERRIDE',
};

/** Those of `wanted` that the process with this /proc/<pid>/status has not, by default this one's own. */
export function missingCapabilities(wanted: readonly Capability[], status = ownStatus()): Capability[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const has = (capability: Capability): boolean => ((effective >> BigInt(BITS[capability])) & 1n) === 1n;
  return wanted.filter((capability) => {
    const wider = WIDER[capability];
    return !has(capability) && !(wider !== undefined && has(wider));
  });
}

/** The way out after the kernel refused something that takes these capabilities: names those that are missing. */
export function wayToRights(...wanted: Capability[]): string {
  const missing = missingCapabilities(wanted);
  if (missing.length > 0) return `run as root or grant ${missing.join(' and ')}`;
  if (isInUserNamespace()) return 'capabilities of a user namespace do not count: run phptrace outside of it';
  return `not for want of ${wanted.join(' and ')}: seccomp, SELinux, AppArmor or Yama forbids it: run phptrace where none of them does`;
}

/** Capabilities count where they are those of the user namespace that the machine booted with (user_namespaces(7)). */
export function isInUserNamespace(map = readFileSync('/proc/self/uid_map', 'utf8')): boolean {
  return !/^\s*0\s+0\s+4294967295\s*$/.test(map);
}

function ownStatus(): string {
  return readFileSync('/proc/self/status', 'utf8');
}
