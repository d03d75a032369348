import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { parseEntityRef } from '@backstage/catalog-model';
import type {
  EndedJob,
  FoundOutput,
  OutputLookup,
} from '@downstage/plugin-ml-jobs-node';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';

type Options = {
  job: EndedJob;
  credentials: BackstageCredentials;
  signal: AbortSignal;
};

/** So many runs of a job are looked through for an artifact, the newest first. */
const mostRuns = 50;
/** So many versions of a model are looked through for the one of a job, the newest first. */
const mostPages = 10;
const pageSize = 100;

/** Finds versions of models that a job has registered, and files that its runs have logged. */
export function createRegistryLookup(
  registry: MlRegistryService,
): OutputLookup {
  return {
    async find(output, options) {
      if (output.kind === 'model' && output.model)
        return findVersion(registry, output.model, options);
      if (output.kind === 'artifact')
        return findArtifact(registry, output.path, options);
      return undefined;
    },
  };
}

/** A model that is not there has no version, and a run that is gone has no file. */
async function orNothing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundError')
      return undefined;
    throw error;
  }
}

/** The newest version that the job has registered. None that is older than the job is looked at. */
async function findVersion(
  registry: MlRegistryService,
  model: string,
  { job, ...call }: Options,
): Promise<FoundOutput> {
  if (job.startedAt === undefined) return {};
  const since = Date.parse(job.startedAt);
  const { namespace, name } = parseEntityRef(model);
  let cursor: string | undefined;
  for (let pages = 0; pages < mostPages; pages++) {
    const page = await orNothing(
      registry.listModelVersions(
        { params: { namespace, name }, query: { cursor, limit: pageSize } },
        call,
      ),
    );
    if (!page) return {};
    const found = page.items.find(({ jobId }) => jobId === job.id);
    if (found) return { ref: found.ref };
    const isOlder = page.items.some(
      ({ createdAt }) => Date.parse(createdAt) < since,
    );
    cursor = page.nextCursor;
    if (isOlder || cursor === undefined) return {};
  }
  return {
    message: `None of the newest ${
      mostPages * pageSize
    } versions of ${model} is of this job; older ones were not looked at`,
  };
}

/** A file or a folder of a run of the job. Each run is asked for the one path, so no folder is read through. */
async function findArtifact(
  registry: MlRegistryService,
  path: string,
  { job, ...call }: Options,
): Promise<FoundOutput> {
  const { items: runs, nextCursor } = await registry.searchRuns(
    { query: { job: job.id, limit: mostRuns } },
    call,
  );
  for (const { runId } of runs) {
    const page = await orNothing(
      registry.listRunArtifacts(
        { params: { runId }, query: { path, limit: 1 } },
        call,
      ),
    );
    if (page?.items.length) return { ref: `${runId}/${path}` };
  }
  if (nextCursor === undefined) return {};
  return {
    message: `None of the newest ${mostRuns} runs of the job has '${path}'; older ones were not looked at`,
  };
}
