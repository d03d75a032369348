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

/** The last wish, kept on disk so that a restart serves it without asking anybody. */
export class StateFile {
  readonly #path: string;
  #state: SavedState;

  constructor(path: string) {
    this.#path = path;
    this.#state = existsSync(path)
      ? stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
      : { desired: { endpoints: [] }, serving: {} };
  }

  get state(): SavedState {
    return this.#state;
  }

  save(patch: Partial<SavedState>): void {
    this.#state = { ...this.#state, ...patch };
    writeAtomically(this.#path, JSON.stringify(this.#state, undefined, 2));
  }
}
