import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { gatewayDesiredStateSchema } from '@downstage/plugin-ml-serving-common';
import { z } from 'zod';

const stateSchema = z.object({
  desired: gatewayDesiredStateSchema,
  /** Which version of each endpoint answered last. */
  serving: z.record(z.string(), z.number().int()),
});
export type SavedState = z.infer<typeof stateSchema>;

/** Writes a small file so that a crash leaves the old content or the new one, never half of it. */
export function writeAtomically(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

/**
 * The last desired state, kept on disk so that a restart serves it without asking anybody.
 *
 * @remarks
 * A file that cannot be read is set aside, never overwritten, and the gateway starts without a desired state:
 * the portal sends the desired state again.
 */
export class StateFile {
  readonly #path: string;
  readonly #problem: string | undefined;
  #state: SavedState = { desired: { endpoints: [] }, serving: {} };

  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) return;
    try {
      this.#state = stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch (error) {
      const aside = `${path}.broken-${randomUUID().slice(0, 8)}`;
      this.#problem = `${path} could not be read and was set aside as ${aside}: ${
        error instanceof Error ? error.message.slice(0, 300) : error
      }`;
      renameSync(path, aside);
    }
  }

  /** Why the file that was found is not used; undefined when all is well. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get state(): SavedState {
    return this.#state;
  }

  save(patch: Partial<SavedState>): void {
    const state = { ...this.#state, ...patch };
    writeAtomically(this.#path, JSON.stringify(state, undefined, 2));
    this.#state = state;
  }
}
