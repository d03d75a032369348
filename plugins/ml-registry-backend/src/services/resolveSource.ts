import { InputError, NotFoundError } from '@backstage/errors';
import { isExternal, requireExternal } from '../domain/externalSources';
import { PROMPT_TAG } from '../stores/ModelStore';
import { artifactPath } from './ArtifactService';
import type { TrackingDeps } from './trackingDeps';
import { checkVersion } from './validation';

type Request = {
  source: string;
  runId?: string;
  modelId?: string;
  tags: Record<string, string>;
  /** Of the model that gets the version. */
  owner?: string;
};
type Resolved = { storageLocation: string; runId?: string; modelId?: string };

/**
 * Finds where the artifacts of a new version lie, and which run and logged
 * model they come from. Sources are `models:/m-<id>`, `models:/<name>/<version>`
 * (a copy), `runs:/…`, and `mlflow-artifacts:` addresses of this server. A
 * source outside makes a version whose files nobody can vouch for: the
 * configuration says which may be named by whom, and a gate says so. A run that
 * did not make the files would lend them its metrics.
 */
export async function resolveSource(
  request: Request,
  deps: TrackingDeps,
): Promise<Resolved> {
  if (request.tags[PROMPT_TAG]) return { storageLocation: request.source };
  const found = await origin(request, deps);
  if (request.runId && found.runId && request.runId !== found.runId) {
    throw new InputError(
      `Invalid model version source: '${request.source}' was made by run ${found.runId}, and run_id says ${request.runId}`,
    );
  }
  const runId = found.runId ?? request.runId;
  if (runId && !(await deps.runs.findInfo(runId))) {
    throw new NotFoundError(`Run with id=${runId} not found`);
  }
  return { ...found, runId };
}

async function origin(request: Request, deps: TrackingDeps): Promise<Resolved> {
  const { source } = request;
  const copy = /^models:\/+([^/]+)\/(\d+)$/.exec(source);
  if (copy) return copied({ name: copy[1], version: copy[2] }, deps);
  const inRun = /^runs:\/+([^/]+)(?:\/(.*))?$/.exec(source);
  if (inRun && !request.modelId) return ofRun(inRun[1], inRun[2] ?? '', deps);

  const stored = /^mlflow-artifacts:/.test(source)
    ? artifactPath(source)
    : undefined;
  if (stored && (stored.split(/[/\\]/).includes('..') || /%2e/i.test(stored))) {
    throw new InputError(`Invalid model version source: '${source}'`);
  }
  const modelId =
    /^models:\/+(m-[0-9a-f]{32})(?:\/|$)/.exec(source)?.[1] ??
    (stored &&
      /^\d+\/models\/(m-[0-9a-f]{32})\/artifacts(?:\/|$)/.exec(stored)?.[1]) ??
    request.modelId;
  if (modelId) return logged(modelId, deps);
  const ofPath = stored && /^\d+\/([^/]+)\/artifacts(?:\/(.*))?$/.exec(stored);
  if (ofPath) return ofRun(ofPath[1], ofPath[2] ?? '', deps);
  if (isExternal(source)) {
    return {
      storageLocation: requireExternal(source, {
        sources: deps.externalSources,
        owner: request.owner,
        what: 'Invalid model version source',
      }),
    };
  }
  throw new InputError(
    `Invalid model version source: '${source}'. Sources are runs:/<run id>/<path>, models:/m-<id>, models:/<name>/<version> mlflow-artifacts:/… of this server, or a place of mlRegistry.externalSources`,
  );
}

async function logged(modelId: string, deps: TrackingDeps): Promise<Resolved> {
  const model = await deps.loggedModels.find(modelId);
  if (!model || model.deleted) {
    throw new NotFoundError(`Logged model with ID '${modelId}' not found.`);
  }
  return {
    storageLocation: model.artifactUri,
    runId: model.sourceRunId || undefined,
    modelId,
  };
}

async function copied(
  key: { name: string; version: string },
  { models }: TrackingDeps,
): Promise<Resolved> {
  const version = checkVersion(key.version);
  const original = await models.findVersion(models.database, key.name, version);
  if (!original) {
    throw new NotFoundError(
      `Model Version (name=${key.name}, version=${version}) not found`,
    );
  }
  const { storageLocation, runId, modelId } = original;
  return { storageLocation, runId, modelId };
}

async function ofRun(
  runId: string,
  path: string,
  deps: TrackingDeps,
): Promise<Resolved> {
  const run = await deps.runs.findInfo(runId);
  if (!run) throw new NotFoundError(`Run with id=${runId} not found`);
  // All that a run has is a source, too: some keep the model at its root.
  const storageLocation = path ? `${run.artifactUri}/${path}` : run.artifactUri;
  return { storageLocation, runId };
}
