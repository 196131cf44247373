import test from 'ava';
import { isInUserNamespace, missingCapabilities } from '../../src/native/capabilities.js';

const status = (effective: string): string => `Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t${effective}\n`;
const toTrace = ['CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_PTRACE'] as const;

test('of the capabilities that are wanted those are named that are not effective', (t) => {
  t.deepEqual(missingCapabilities(toTrace, status('000000c000080000')), []);
  t.deepEqual(missingCapabilities(toTrace, status('0000008000080000')), ['CAP_PERFMON']);
  t.deepEqual(missingCapabilities(toTrace, status('000000c000000000')), ['CAP_SYS_PTRACE']);
  t.deepEqual(missingCapabilities(toTrace, status('0000000000000000')), [...toTrace]);
});

test('CAP_SYS_ADMIN does for CAP_BPF and CAP_PERFMON, CAP_DAC_OVERRIDE for CAP_DAC_READ_SEARCH', (t) => {
  t.deepEqual(missingCapabilities(toTrace, status('0000000000200000')), ['CAP_SYS_PTRACE']);
  t.deepEqual(missingCapabilities(['CAP_DAC_READ_SEARCH'], status('0000000000000002')), []);
});

test('a status without the line has no capability', (t) => {
  t.deepEqual(missingCapabilities(['CAP_BPF'], 'Name:\tnode\n'), ['CAP_BPF']);
});

test('the first user namespace maps all users to themselves, any other does not', (t) => {
  t.false(isInUserNamespace('         0          0 4294967295\n'));
  t.true(isInUserNamespace('         0          0          1\n'));
  t.true(isInUserNamespace('         0     100000      65536\n'));
});
