import common from './ava.config.js';

/** What needs the PHPs that `make php-builds` makes, so it is no part of `make test`. */
export default { ...common, files: ['build*/test/builds/**/*.test.js'] };
