import { z } from 'zod';
import type { ReconcilePatch } from '@downstage/node';
import type { ImportCursor } from './ImportStore';
import type { OutboundClient } from '../kernel/OutboundClient';
import type { SecretBox } from '../kernel/SecretBox';
import { importExperiments } from './importExperiments';
import type { ImportStores, Importing } from './importing';
import { importLoggedModels } from './importLoggedModels';
import { importModels } from './importModels';
import { importRuns } from './importRuns';
import { MlflowSource, SourceError } from './MlflowSource';

/** How long one step goes on before it writes down where it is. */
const STEP_MS = 10_000;
/** Failures in a row after which an import gives up: about an hour. */
const PATIENCE = 20;
const loginSchema = z.object({
  token: z.string().optional(),
  user: z.string().optional(),
});

const PHASES: Record<
  ImportCursor['phase'],
  (work: Importing, cursor: ImportCursor) => Promise<ImportCursor | 'done'>
> = {
  experiment: importExperiments,
  'logged-model': importLoggedModels,
  run: importRuns,
  model: importModels,
  // Part of their models.
  version: importModels,
  alias: importModels,
};

/** What the login of an import is sealed for. */
export function importPurpose(id: string): string {
  return `import ${id}`;
}

/**
 * Takes an import one bounded step further. A process that dies in one loses
 * nothing: every thing that came over is known by its id, and the step is made
 * again.
 */
export class ImportProcess {
  readonly #deps: ImportStepDeps;

  constructor(deps: ImportStepDeps) {
    this.#deps = deps;
  }

  async step(id: string, signal?: AbortSignal): Promise<ReconcilePatch> {
    const { imports, clock } = this.#deps;
    const record = await imports.find(id);
    if (record?.state !== 'running') return { next_reconcile_at: null };
    try {
      const next = await this.#advance(this.#open(record, signal));
      if (next === 'done') {
        return { ...this.#end(), state: 'succeeded', message: null };
      }
      return {
        cursor: JSON.stringify(next),
        failures: 0,
        message: null,
        next_reconcile_at: clock().toISOString(),
      };
    } catch (error) {
      // The portal stops; the next one goes on.
      if (signal?.aborted) return { next_reconcile_at: clock().toISOString() };
      const message = reasonOf(error);
      const failures = record.failures + 1;
      const refused =
        (error instanceof SourceError && [401, 403].includes(error.status)) ||
        (error instanceof Error && error.name === 'InputError');
      if (refused || failures > PATIENCE) {
        return { ...this.#end(), state: 'failed', failures, message };
      }
      const pause = Math.min(300_000, 2000 * 2 ** failures);
      return {
        failures,
        message: `Trying again: ${message}`,
        next_reconcile_at: new Date(clock().getTime() + pause).toISOString(),
      };
    }
  }

  #open(
    record: Importing['record'],
    signal: AbortSignal | undefined,
  ): Importing {
    const { client, secrets, stepMs = STEP_MS, ...stores } = this.#deps;
    const login = record.login
      ? loginSchema.parse(
          JSON.parse(secrets.open(record.login, importPurpose(record.id))),
        )
      : {};
    const until = performance.now() + stepMs;
    return {
      ...stores,
      record,
      source: new MlflowSource({ client, uri: record.uri, login, signal }),
      spent: () => performance.now() > until || signal?.aborted === true,
    };
  }

  /** As far as the time goes. */
  async #advance(work: Importing): Promise<ImportCursor | 'done'> {
    let { cursor } = work.record;
    do {
      const next = await PHASES[cursor.phase](work, cursor);
      if (next === 'done') return next;
      cursor = next;
    } while (!work.spent());
    return cursor;
  }

  /** How to sign in over there is forgotten. */
  #end() {
    return {
      login: null,
      finished_at: this.#deps.clock().toISOString(),
      next_reconcile_at: null,
    };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 500);
  const code = 'code' in error ? ` (${String(error.code)})` : '';
  return `${error.message || error.name}${code}`.slice(0, 500);
}

type ImportStepDeps = ImportStores & {
  client: OutboundClient;
  secrets: SecretBox;
  stepMs?: number;
};
