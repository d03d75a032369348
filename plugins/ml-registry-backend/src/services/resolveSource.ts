import { InputError, NotFoundError } from '@backstage/errors';
import type { TrackingDeps } from './trackingDeps';
import { checkVersion } from './validation';

/**
 * Finds where the artifacts of a new version lie, and which run and logged
 * model they come from. Sources are `mlflow-artifacts:` addresses of this
 * server, `models:/m-<id>`, `models:/<name>/<version>` (a copy) and `runs:/`.
 * Anything else would make a version whose files nobody can vouch for.
 */
export async function resolveSource(
  request: { source: string; runId?: string; modelId?: string },
  deps: TrackingDeps,
): Promise<{ storageLocation: string; runId?: string; modelId?: string }> {
  const { source } = request;
  const runId = request.runId || undefined;
  const modelId = request.modelId || undefined;
  const logged = /^models:\/+(m-[0-9a-f]{32})(\/.*)?$/.exec(source)?.[1] ?? modelId;
  if (logged) {
    const model = await deps.loggedModels.find(logged);
    if (!model || model.deleted) {
      throw new NotFoundError(`Logged model with ID '${logged}' not found.`);
    }
    return {
      storageLocation: source.startsWith('mlflow-artifacts:') ? source : model.artifactUri,
      runId: runId ?? (model.sourceRunId || undefined),
      modelId: logged,
    };
  }
  const copy = /^models:\/+([^/]+)\/(\d+)$/.exec(source);
  if (copy) {
    const { models } = deps;
    const original = await models.findVersion(models.database, copy[1], checkVersion(copy[2]));
    if (!original) {
      throw new NotFoundError(`Model Version (name=${copy[1]}, version=${copy[2]}) not found`);
    }
    return {
      storageLocation: original.storageLocation,
      runId: runId ?? original.runId,
      modelId: original.modelId,
    };
  }
  const inRun = /^runs:\/+([^/]+)\/(.+)$/.exec(source);
  if (inRun) {
    const run = await deps.runs.findInfo(inRun[1]);
    if (!run) throw new NotFoundError(`Run with id=${inRun[1]} not found`);
    return { storageLocation: `${run.artifactUri}/${inRun[2]}`, runId: runId ?? run.runId };
  }
  if (/^mlflow-artifacts:/.test(source)) {
    if (source.split(/[/\\]/).includes('..') || /%2e/i.test(source)) {
      throw new InputError(`Invalid model version source: '${source}'`);
    }
    return { storageLocation: source, runId };
  }
  throw new InputError(
    `Invalid model version source: '${source}'. Sources are runs:/<run id>/<path>, models:/m-<id>, models:/<name>/<version> or mlflow-artifacts:/… of this server`,
  );
}
