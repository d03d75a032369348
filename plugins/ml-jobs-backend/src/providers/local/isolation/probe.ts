import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringifyError } from '@backstage/errors';
import { basics, runTool } from '../runTool';
import type { Isolation, Place } from './Isolation';

const script = `
set -e
touch "$1/can-write"
cat "$2" > /dev/null || { echo "its inputs cannot be read"; exit 1; }
if cat "$3" 2>/dev/null; then echo "files of the portal can be read"; exit 1; fi
`;

/**
 * Tries an isolation with a small place: it must start, write its own folder, read its input, and not read what
 * lies beside them.
 *
 * @returns why it is of no use here, or `undefined`
 */
export async function probe(
  isolation: Pick<Isolation, 'wrap'>,
  options: { folder: string; signal: AbortSignal },
): Promise<string | undefined> {
  const { signal } = options;
  const root = join(options.folder, `probe-${randomUUID().slice(0, 8)}`);
  const place: Place = {
    id: 'probe',
    cwd: join(root, 'work'),
    writable: [join(root, 'work')],
    readOnly: [join(root, 'input')],
    tmp: join(root, 'tmp'),
  };
  try {
    for (const name of ['work', 'tmp', 'portal'])
      await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, 'input'), 'input');
    const secret = join(root, 'portal', 'secret');
    await writeFile(secret, 'secret', { mode: 0o600 });
    const wrapped = await isolation.wrap(
      [
        '/bin/sh',
        '-c',
        script,
        'probe',
        place.cwd,
        join(root, 'input'),
        secret,
      ],
      place,
    );
    const input = wrapped.moved?.get(join(root, 'input'));
    const [command, ...args] = wrapped.command.map(part =>
      input && part === join(root, 'input') ? input : part,
    );
    const { exitCode, lines } = await runTool(command, args, {
      cwd: place.cwd,
      env: { ...basics(), ...wrapped.env },
      signal,
    });
    return exitCode === 0
      ? undefined
      : lines.at(-1) ?? `it ended with code ${exitCode}`;
  } catch (error) {
    signal.throwIfAborted();
    return stringifyError(error);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
