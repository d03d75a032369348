import { toError } from '@backstage/errors';
import {
  previewVersion,
  type PreviewOptions,
  type PreviewResult,
} from './previewVersion';
import {
  type ReadOptions,
  type ReadProgress,
  type ReadResult,
  readVersion,
} from './readVersion';
import { placeOf, type RefusedAt } from './Refusal';

/** What the one that starts the process wants of it. */
export type ToReader =
  | { task: 'read'; options: ReadOptions }
  | { task: 'preview'; options: PreviewOptions };

/** What the process of a reading says to the one that started it. */
export type FromReader =
  | { type: 'progress'; progress: ReadProgress }
  | { type: 'done'; result: ReadResult | PreviewResult }
  | {
      type: 'refused';
      error: { name: string; message: string; code?: string; at?: RefusedAt };
    };

const betweenProgress = 250;

/**
 * A process that reads one version, or the beginning of one, and ends.
 *
 * @remarks
 * The portal's own process keeps its four file threads, its memory and its life, whatever a file does to DuckDB.
 * When the portal is gone, so is this.
 */
export function main(): void {
  process.once('disconnect', () => process.exit(1));
  process.once('message', async (asked: ToReader) => {
    const answer = await work(asked).then(
      (result): FromReader => ({ type: 'done', result }),
      (cause): FromReader => {
        const error = toError(cause);
        const code = 'code' in error ? String(error.code) : undefined;
        const { name, message } = error;
        return {
          type: 'refused',
          error: { name, message, code, at: placeOf(error) },
        };
      },
    );
    send(answer, () => process.exit(0));
  });
}

async function work(asked: ToReader) {
  if (asked.task === 'preview') return previewVersion(asked.options);
  let last = -Infinity;
  return readVersion({
    ...asked.options,
    onProgress: progress => {
      if (performance.now() - last < betweenProgress) return;
      last = performance.now();
      send({ type: 'progress', progress });
    },
  });
}

function send(message: FromReader, sent?: () => void) {
  process.send?.(message, undefined, {}, sent);
}
