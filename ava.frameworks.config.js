import common from './ava.config.js';

/** Frameworks: they need the packages that `make frameworks` installs, so they are no part of `make test`. */
export default { ...common, files: ['build*/test/frameworks/**/*.test.js'], timeout: '20m' };
