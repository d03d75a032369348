import type { PinnedJob } from '@downstage/plugin-ml-registry-common';
import type { RecordedJob } from '@downstage/plugin-ml-registry-node';

/**
 * The job again with every part pinned: the commit instead of a branch, the data-set versions it read instead of the
 * newest, the parameters it had. The environment follows from the commit, where its requirements file lies.
 *
 * @returns the job, or why it cannot be pinned
 */
export function pinJob(job: RecordedJob): {
  job?: PinnedJob;
  reasons: string[];
} {
  const { commit, definition, inputs } = job;
  if (!commit) {
    return { reasons: [`Job ${job.id} did not record a commit`] };
  }
  const declared = Array.isArray(definition.inputs) ? definition.inputs : [];
  const missing = declared.flatMap(input =>
    inputs.some(({ name }) => name === nameOf(input)) ? [] : [nameOf(input)],
  );
  if (missing.length) {
    return {
      reasons: [
        `Job ${job.id} did not record which version it read of ${missing.join(
          ', ',
        )}`,
      ],
    };
  }
  return {
    reasons: [],
    job: {
      source: { repository: job.repository, ref: commit },
      definition: {
        ...definition,
        ...(inputs.length && {
          inputs: inputs.map(({ name, ref }) => ({ name, dataset: ref })),
        }),
      },
      parameters: job.parameters,
      owner: job.owner,
      ...(job.model && { model: job.model }),
    },
  };
}

/** The parameter that is the seed, by the names people give it. */
export function seedOf(
  parameters: Record<string, string | number | boolean>,
): string | undefined {
  const name = Object.keys(parameters).find(key =>
    /^(random[_-]?)?(seed|state)$/i.test(key),
  );
  return name === undefined ? undefined : String(parameters[name]);
}

function nameOf(input: unknown): string {
  return typeof input === 'object' &&
    input !== null &&
    'name' in input &&
    typeof input.name === 'string'
    ? input.name
    : 'an input without a name';
}
