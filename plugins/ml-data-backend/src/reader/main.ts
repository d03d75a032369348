import { toError } from '@backstage/errors';
import {
  type ReadOptions,
  type ReadProgress,
  readVersion,
} from './readVersion';

/** What the process of a reading says to the one that started it. */
export type FromReader =
  | { type: 'progress'; progress: ReadProgress }
  | { type: 'done'; result: Awaited<ReturnType<typeof readVersion>> }
  | {
      type: 'refused';
      error: { name: string; message: string; code?: string };
    };

const betweenProgress = 250;

/**
 * A process that reads one version and ends.
 *
 * @remarks
 * The portal's own process keeps its four file threads, its memory and its life, whatever a file does to DuckDB.
 * When the portal is gone, so is this.
 */
export function main(): void {
  process.once('disconnect', () => process.exit(1));
  process.once('message', async (options: ReadOptions) => {
    let last = 0;
    const answer = await readVersion({
      ...options,
      onProgress: progress => {
        if (Date.now() - last < betweenProgress) return;
        last = Date.now();
        send({ type: 'progress', progress });
      },
    }).then(
      (result): FromReader => ({ type: 'done', result }),
      (cause): FromReader => {
        const error = toError(cause);
        const code = 'code' in error ? String(error.code) : undefined;
        return {
          type: 'refused',
          error: { name: error.name, message: error.message, code },
        };
      },
    );
    send(answer, () => process.exit(0));
  });
}

function send(message: FromReader, sent?: () => void) {
  process.send?.(message, undefined, {}, sent);
}
