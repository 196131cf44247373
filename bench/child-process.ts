import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Runs a module of bench/child in a fresh process of its own and returns what it printed. @throws Error */
export async function runChild<T>(module: string, ...args: readonly string[]): Promise<T> {
  const file = fileURLToPath(new URL(`./child/${module}.js`, import.meta.url));
  // Room for the peer's objects, and a collector that can be called.
  const flags = ['--expose-gc', '--max-old-space-size=4096'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, file, ...args]);
  return JSON.parse(stdout) as T;
}
