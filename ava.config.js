export default {
  // build/ is the project's; build-*/ is for whoever compiles aside, and named on the command line.
  files: ['build*/test/**/*.test.js', '!build*/test/{versions,builds,frameworks,vm}/**'],
  // Probes cost CPU time, and the traced workers count their loops by the clock: one thing at a time.
  concurrency: 1,
  serial: true,
  // Child processes: a fault in native code fails one file and not the whole run.
  workerThreads: false,
  timeout: '3m',
};
