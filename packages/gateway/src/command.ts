/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend, and both layouts, src and dist, are handled here */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Bodies lie outside of the heap, and V8 counts them all the same. With V8's own start, every 64 MB of bodies cause a
 * collection of a heap with nothing to collect. Beside busy models that is one collection a second, in threads that
 * take the processor from the gateway.
 */
const heap = ['--initial-old-space-size=128'];

/**
 * How to start the gateway as a process: the arguments of `node`.
 *
 * @remarks
 * In the repository the sources run as they are, each file transformed once (`fromSources.cjs`); a built package runs its own files.
 */
export function gatewayCommand(): string[] {
  const source = join(__dirname, 'main.ts');
  if (existsSync(source)) {
    return [...heap, '--require', join(__dirname, 'fromSources.cjs'), source];
  }
  return [...heap, join(__dirname, 'main.cjs.js')];
}

/**
 * A fingerprint of the gateway's own code as it lies on disk now.
 *
 * @remarks
 * A gateway writes down the fingerprint of its start. A portal reads there whether a gateway that it finds runs the
 * code that the portal would start.
 */
export function gatewayBuild(): string {
  const hash = createHash('sha256');
  const files = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter(name => /(?<!\.test)\.[cm]?[jt]s$/.test(name))
    .sort();
  for (const name of files) {
    hash.update(`${name}\0`).update(readFileSync(join(__dirname, name)));
  }
  return hash.digest('hex').slice(0, 16);
}
