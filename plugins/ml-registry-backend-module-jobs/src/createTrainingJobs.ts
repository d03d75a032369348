import {
  jobDefinitionSchema,
  type Job,
} from '@downstage/plugin-ml-jobs-common';
import type { MlJobsService } from '@downstage/plugin-ml-jobs-node';
import type {
  RecordedJob,
  TrainingJobs,
} from '@downstage/plugin-ml-registry-node';

/** Jobs as the registry sees them, asked for in the caller's name: ml-jobs decides what they may see and submit. */
export function createTrainingJobs(
  jobs: Pick<MlJobsService, 'getJob' | 'submitJob'>,
): TrainingJobs {
  return {
    async find(id, options) {
      try {
        return recorded(await jobs.getJob({ params: { id } }, options));
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async submit({ source, definition, ...job }, options) {
      const { id } = await jobs.submitJob(
        {
          body: {
            ...job,
            source,
            definition: jobDefinitionSchema.parse(definition),
          },
        },
        options,
      );
      return { id };
    },
  };
}

function recorded(job: Job): RecordedJob {
  const { id, source, definition, parameters, inputs, owner } = job;
  return {
    id,
    repository: source.repository,
    definition,
    parameters,
    inputs,
    owner,
    ...(source.commit && { commit: source.commit }),
    ...(job.environment && { environment: job.environment }),
    ...(job.model && { model: job.model }),
  };
}

/** The error of the answer, or of a call inside this process. */
function isNotFound(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'NotFoundError' || isNotFound(error.cause);
}
