import common from './ava.config.js';

const files = ['hooks', 'rights', 'cases', 'run', 'dump'].map((name) => `build/test/integration/${name}.test.js`);

/** What `make test-vm` runs in its machine, where a trace takes a minute: one of each way to trace, and all of rights. */
export default {
  ...common,
  files: ['build/test/vm/*.test.js', ...files],
  match: [
    'provisioned once more, *',
    'what `vagrant ssh -c` is to show is shown: *',
    'doctor tells what this kernel *',
    // Boundaries and links.
    'a function is a loop *',
    'a closure by its file and line is a loop *',
    'a native function is a loop',
    'the handler of the first opline serves *',
    'perf-event links serve *',
    'two loops at once are each charged with their own',
    'request: *',
    // From the first instruction on.
    'run sees a program from its first call on',
    // Fibers, and a generator that a scheduler drives.
    'fibers-interleaved: *',
    'fiber-child-leaks: *',
    'generators-scheduled: *',
    'what is alive is what the program counts: *',
    'CAP_* are enough to *',
    'they are enough to run a program *',
    'without CAP_*',
    "a dump of another user's process names what it takes",
    'in a user namespace it is said that capabilities do not count',
  ],
  // Two cores are two cores here, too: what is slow is the emulation.
  concurrency: 2,
  timeout: '30m',
};
