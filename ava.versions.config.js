import common from './ava.config.js';

/** The matrix of versions: it needs the PHPs that `make php-versions` installs, so it is no part of `make test`. */
export default { ...common, files: ['build*/test/versions/**/*.test.js'] };
