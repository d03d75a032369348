import { InputError, NotFoundError } from '@backstage/errors';
import type { Call, Caller } from '@downstage/node';
import { isExternal, requireExternal } from '../tracking/externalSources';
import { PROMPT_TAG } from '../kernel/tags';
import type { RunInfo } from '../tracking/stores/RunStore';
import { artifactPath } from '../kernel/artifactUri';
import { readVersionUri, toMlflowName } from './mlflowNames';
import { noRun } from '../access/RunReads';
import type { ModelStore } from './stores/ModelStore';
import type { TrackingDeps } from '../tracking/trackingDeps';
import { checkVersion } from '../kernel/validation';

type Request = {
  source: string;
  runId?: string;
  modelId?: string;
  tags: Record<string, string>;
  /** Of the model that gets the version. */
  owner?: string;
};
type Resolved = {
  storageLocation: string;
  runId?: string;
  modelId?: string;
  /** The version it is a copy of. */
  original?: { name: string; version: number };
};

export type SourceDeps = TrackingDeps & { models: ModelStore };

/** Who registers, and what the services share. */
type Work = { caller: Caller; deps: SourceDeps };

/**
 * Finds where the artifacts of a new version lie, and which run and logged
 * model they come from. Sources are `models:/m-<id>`, `models:/<name>/<version>`
 * (a copy), `runs:/…`, and `mlflow-artifacts:` addresses of this server. A
 * source outside makes a version whose files nobody can vouch for: the
 * configuration says which may be named by whom, and a gate says so.
 *
 * @remarks
 * A source that the caller may not read is answered as if it did not exist. A run that
 * did not make the files would lend them its metrics: the source alone names
 * the run, except for files outside, where it is a run that the caller writes.
 */
export async function resolveSource(
  request: Request,
  deps: SourceDeps,
  { caller }: Call,
): Promise<Resolved> {
  if (PROMPT_TAG in request.tags) return ofPrompt(request);
  const work = { caller, deps };
  const found = await origin(request, work);
  const { runId } = request;
  if (runId && found.runId !== runId) {
    const run = await readableRun(runId, work);
    if (found.runId || !found.isOutside) {
      throw new InputError(
        `Invalid model version source: '${request.source}' was made by ${
          found.runId ? `run ${found.runId}` : 'no run'
        }, and run_id says ${runId}`,
      );
    }
    await requireOwn(run, found.storageLocation, work);
  }
  const { isOutside: _, ...resolved } = found;
  return { ...resolved, runId: found.runId ?? runId };
}

/** Where the files of a prompt lie: it has none, whatever its client calls its source. */
export const NO_FILES = 'no-files:';

/** A prompt is its tags alone: a place, a run or a logged model would open files that nobody asked about. */
function ofPrompt({ runId, modelId }: Request): Resolved {
  const given = runId ? `run_id ${runId}` : modelId && `model_id ${modelId}`;
  if (given) {
    throw new InputError(
      `A version of a prompt comes from no run and no logged model, and ${given} was given`,
    );
  }
  return { storageLocation: NO_FILES };
}

type Found = Resolved & { isOutside?: boolean };

async function origin(request: Request, work: Work): Promise<Found> {
  const { deps } = work;
  const { source } = request;
  const copy = await readVersionUri(source, deps.models);
  if (copy) return copied(copy, work);
  const inRun = /^runs:\/+([^/]+)(?:\/(.*))?$/.exec(source);
  const stored = /^mlflow-artifacts:/.test(source)
    ? artifactPath(source)
    : undefined;
  const path = stored ?? inRun?.[2];
  if (path && (path.split(/[/\\]/).includes('..') || /%2e/i.test(path))) {
    throw new InputError(`Invalid model version source: '${source}'`);
  }
  if (inRun && !request.modelId) return ofRun(inRun[1], inRun[2] ?? '', work);

  const modelId =
    /^models:\/+(m-[0-9a-f]{32})(?:\/|$)/.exec(source)?.[1] ??
    (stored &&
      /^\d+\/models\/(m-[0-9a-f]{32})\/artifacts(?:\/|$)/.exec(stored)?.[1]) ??
    request.modelId;
  if (modelId) return logged(modelId, work);
  const ofPath = stored && /^\d+\/([^/]+)\/artifacts(?:\/(.*))?$/.exec(stored);
  if (ofPath) return ofRun(ofPath[1], ofPath[2] ?? '', work);
  if (isExternal(source)) {
    return {
      storageLocation: requireExternal(source, {
        sources: deps.externalSources,
        owner: request.owner,
        what: 'Invalid model version source',
      }),
      isOutside: true,
    };
  }
  throw new InputError(
    `Invalid model version source: '${source}'. Sources are runs:/<run id>/<path>, models:/m-<id>, models:/<name>/<version> mlflow-artifacts:/… of this server, or a place of mlRegistry.externalSources`,
  );
}

async function logged(modelId: string, work: Work): Promise<Resolved> {
  const { caller, deps } = work;
  const model = await deps.loggedModels.find(modelId);
  if (
    !model ||
    model.deleted ||
    !(await deps.reads.sees('logged_models', modelId, caller))
  ) {
    throw new NotFoundError(`Logged model with ID '${modelId}' not found.`);
  }
  const runId = model.sourceRunId || undefined;
  if (runId) await readableRun(runId, work);
  return { storageLocation: model.artifactUri, runId, modelId };
}

async function copied(
  key: { name: string; version: string },
  { caller, deps }: Work,
): Promise<Resolved> {
  const { models, reads } = deps;
  const version = checkVersion(key.version);
  const original = await models.findVersion(models.database, key.name, version);
  // A caller who sees the original reads its run there, also a run of another owner.
  if (!original || !(await reads.sees('registered_models', key.name, caller))) {
    throw new NotFoundError(
      `Model Version (name=${toMlflowName(
        key.name,
      )}, version=${version}) not found`,
    );
  }
  if (PROMPT_TAG in original.tags) {
    throw new InputError(
      `Invalid model version source: ${toMlflowName(
        key.name,
      )} is a prompt, which has no files`,
    );
  }
  const { storageLocation, runId, modelId } = original;
  return {
    storageLocation,
    runId,
    modelId,
    original: { name: key.name, version },
  };
}

async function ofRun(
  runId: string,
  path: string,
  work: Work,
): Promise<Resolved> {
  const run = await readableRun(runId, work);
  return { storageLocation: locationInRun(run.artifactUri, path), runId };
}

/**
 * Where files of a run lie, spelled in one way. Which files a version uses is asked by comparing addresses: one
 * that ends in a slash would be read all the same, and its files would not be held.
 */
export function locationInRun(root: string, path: string): string {
  const isOwn = root.startsWith('mlflow-artifacts:');
  const inside = isOwn
    ? path.split('/').filter(part => part !== '' && part !== '.')
    : [path.replace(/\/+$/, '')].filter(Boolean);
  // All that a run has is a source, too: some keep the model at its root.
  return [root, ...inside].join('/');
}

async function readableRun(
  runId: string,
  { caller, deps }: Work,
): Promise<RunInfo> {
  const run = await deps.runs.findInfo(runId);
  if (run && (await deps.reads.sees('runs', runId, caller))) return run;
  throw noRun(runId);
}

/** A writer of the run could give it any metric, so nothing is lent. */
async function requireOwn(
  run: RunInfo,
  location: string,
  { caller, deps }: Work,
) {
  if (`${location}/`.startsWith(`${run.artifactUri}/`)) return;
  await deps.access.trackOwn(caller, { what: `run ${run.runId}`, ...run });
}
