import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Truth } from './truth.js';
import { root } from './workplace.js';

type Needs = Pick<Truth, 'extension'>;

const directory = join(root, 'build/test-extension');

/** Builds the extension of test/extension for the php of the PATH, where it is not built yet. Throws where it cannot. */
export function buildExtension(): void {
  execFileSync(join(root, 'test/extension/build.sh'), [directory]);
}

/** What php is given so that it loads the extension, where the program needs it. */
export function loadingOf({ truth: { extension } }: { readonly truth: Needs }): readonly string[] {
  return extension === undefined ? [] : ['-d', `extension=${directory}/${extension}.so`];
}
