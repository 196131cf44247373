import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../integration/harness.js';

/** Where `make sapis` has unpacked Debian's packages. Nothing of it is installed, and nothing starts by itself. */
export const unpacked = join(root, '.cache/sapis/root');

export const libraries = { LD_LIBRARY_PATH: join(unpacked, 'usr/lib/x86_64-linux-gnu') };

/** FPM of Debian: the one that is unpacked, else the one that is installed; undefined where there is neither. */
export function findFpm(): string | undefined {
  return [join(unpacked, 'usr/sbin/php-fpm8.2'), '/usr/sbin/php-fpm8.2'].find((file) => existsSync(file));
}
