import type { AuthService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import { unlessAborted } from '@downstage/common';
import type {
  JobOutput,
  OutputDeclaration,
} from '@downstage/plugin-ml-jobs-common';
import type { OutputLookup } from '@downstage/plugin-ml-jobs-node';
import type { JobRow } from '../stores/rows';
import { callerOfRow } from './callerOfRow';

const patienceSeconds = 30;

/**
 * Looks for the declared outputs of a job that has ended. The token of the job ends with it, so nothing comes later in its
 * name: what is found is final.
 *
 * @remarks
 * The loop of all jobs waits for this. So one output is looked for after the other, and all of them have 30 seconds. What
 * was not found out by then is `unknown`, with words, and the job ends.
 */
export class JobOutputs {
  readonly #lookups: () => readonly OutputLookup[];
  readonly #auth: AuthService;
  readonly #timeLimit: (ms: number) => AbortSignal;

  constructor(options: {
    lookups: () => readonly OutputLookup[];
    auth: AuthService;
    /** When the look at all outputs of a job ends. */
    timeLimit?: (ms: number) => AbortSignal;
  }) {
    this.#lookups = options.lookups;
    this.#auth = options.auth;
    this.#timeLimit = options.timeLimit ?? (ms => AbortSignal.timeout(ms));
  }

  /** Never throws: where nobody can look, the job ends all the same and says so. */
  async find(job: JobRow): Promise<JobOutput[]> {
    const declared = job.definition.outputs ?? [];
    if (!declared.length) return [];
    const signal = this.#timeLimit(patienceSeconds * 1_000);
    const outputs: JobOutput[] = [];
    for (const output of declared) {
      outputs.push({
        name: output.name,
        kind: output.kind,
        ...(await this.#look(job, output, signal)),
      });
    }
    return outputs;
  }

  async #look(
    job: JobRow,
    output: OutputDeclaration,
    signal: AbortSignal,
  ): Promise<Pick<JobOutput, 'state' | 'ref' | 'message'>> {
    const wanted = withModel(output, job.model);
    if (!wanted) {
      const message =
        'Neither the output nor the job names a model, so there is none to look for';
      return { state: 'unknown', message };
    }
    try {
      signal.throwIfAborted();
      const found = await unlessAborted(this.#ask(job, wanted, signal), signal);
      if (!found) {
        const message = `Nothing is installed that looks for outputs of the kind ${output.kind}`;
        return { state: 'unknown', message };
      }
      const { ref, message } = found;
      if (ref !== undefined) return { state: 'found', ref };
      return message ? { state: 'unknown', message } : { state: 'missing' };
    } catch (error) {
      if (signal.aborted) {
        const message = `It was not found out in time: all outputs of a job are looked for in ${patienceSeconds} seconds`;
        return { state: 'unknown', message };
      }
      const message = `It could not be looked for: ${stringifyError(error)}`;
      return { state: 'unknown', message };
    }
  }

  async #ask(job: JobRow, output: OutputDeclaration, signal: AbortSignal) {
    // With the rights of the submitter of the job, as with its inputs.
    const { credentials } = callerOfRow(
      job,
      await this.#auth.getOwnServiceCredentials(),
    );
    const ended = {
      id: job.id,
      ...(job.started_at && { startedAt: job.started_at }),
    };
    for (const lookup of this.#lookups()) {
      const found = await lookup.find(output, {
        ...{ job: ended, credentials, signal },
      });
      signal.throwIfAborted();
      if (found) return found;
    }
    return undefined;
  }
}

function withModel(
  output: OutputDeclaration,
  ofJob: string | undefined,
): OutputDeclaration | undefined {
  if (output.kind !== 'model' || output.model) return output;
  return ofJob === undefined ? undefined : { ...output, model: ofJob };
}
