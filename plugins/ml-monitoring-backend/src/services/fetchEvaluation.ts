import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import { ResponseError } from '@backstage/errors';
import type { ModelVersion } from '@downstage/plugin-ml-registry-common';
import { z } from 'zod';
import type { EvaluationFile } from './BaselineBuilder';

const EVALUATION = 'evaluation/predictions.parquet';

const runSchema = z.object({
  run: z.object({ info: z.object({ artifact_uri: z.string() }) }),
});

/**
 * Brings `evaluation/predictions.parquet` of a version's run to this machine.
 *
 * @remarks
 * Over the MLflow API, as every client does: a run that recorded its predictions has them there, wherever the
 * registry keeps its files. `undefined` when the run has none.
 */
export function createFetchEvaluation(deps: {
  auth: AuthService;
  discovery: DiscoveryService;
}) {
  const { auth, discovery } = deps;
  return async (
    version: ModelVersion,
    { credentials }: { credentials: BackstageCredentials },
  ): Promise<EvaluationFile | undefined> => {
    if (!version.runId) return undefined;
    const { token } = await auth.getPluginRequestToken({
      onBehalfOf: credentials,
      targetPluginId: 'ml-registry',
    });
    const headers = { authorization: `Bearer ${token}` };
    const base = `${await discovery.getBaseUrl('ml-registry')}/mlflow/api/2.0`;
    const query = new URLSearchParams({ run_id: version.runId });
    const found = await fetch(`${base}/mlflow/runs/get?${query}`, { headers });
    if (isRefused(found)) return undefined;
    if (!found.ok) throw await ResponseError.fromResponse(found);
    const { artifact_uri: root } = runSchema.parse(await found.json()).run.info;
    const [, folder] = /^mlflow-artifacts:\/*(.+)$/.exec(root) ?? [];
    if (!folder) return undefined;

    const path = `${folder}/${EVALUATION}`
      .split('/')
      .map(encodeURIComponent)
      .join('/');
    const response = await fetch(`${base}/mlflow-artifacts/artifacts/${path}`, {
      headers,
    });
    if (isRefused(response)) return undefined;
    if (!response.ok || !response.body) {
      throw await ResponseError.fromResponse(response);
    }
    const scratch = await mkdtemp(join(tmpdir(), 'downstage-evaluation-'));
    const file = join(scratch, 'predictions.parquet');
    const remove = () => rm(scratch, { recursive: true, force: true });
    try {
      await pipeline(chunks(response.body), createWriteStream(file));
    } catch (error) {
      await remove();
      throw error;
    }
    return { path: file, remove };
  };
}

/** Not there, or not for us: a baseline does without, while a server in trouble is asked again later. */
function isRefused(response: Response): boolean {
  return response.status >= 400 && response.status < 500;
}

async function* chunks(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
