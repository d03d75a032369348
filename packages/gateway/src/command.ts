/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend, and both layouts, src and dist, are handled here */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * How to start the gateway as a process: the arguments of `node`.
 *
 * @remarks
 * In the repository the sources run as they are, through Backstage's transform; a built package runs its own files.
 */
export function gatewayCommand(): string[] {
  const source = join(__dirname, 'main.ts');
  if (existsSync(source)) {
    return [
      '--require',
      require.resolve('@backstage/cli/config/nodeTransform.cjs'),
      source,
    ];
  }
  return [join(__dirname, 'main.cjs.js')];
}
