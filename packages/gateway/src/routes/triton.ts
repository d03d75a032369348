import { InputError } from '@backstage/errors';
import type { HostedVersion } from '../host/HostedVersion';
import type { ModelHost } from '../host/ModelHost';
import type { LoadedModel } from '../inference/modelMessages';
import { datatypes, type TensorInfo } from '../tensors/tensors';
import { parseJson } from '../kernel/json';

/* What Triton answers beside the protocol, read only: perf_analyzer and dashboards ask for it. */

/** `GET …/config`: the least that clients look for. Batching by the server is said to be off, shapes are whole. */
export function modelConfig(name: string, { inputs, outputs }: LoadedModel) {
  const describe = ({ name: tensor, type, shape }: TensorInfo) => ({
    name: tensor,
    data_type: type === 'string' ? 'TYPE_STRING' : `TYPE_${datatypes[type]}`,
    dims: shape,
  });
  return {
    name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    max_batch_size: 0,
    version_policy: { specific: {} },
    input: inputs.map(describe),
    output: outputs.map(describe),
  };
}

/** `GET …/stats`: counts and nanoseconds since the version was loaded here. */
export function modelStats(name: string, versions: HostedVersion[]) {
  return versions.map(({ spec, counts }) => {
    const took = (count: number, ms: number) => ({
      count,
      ns: Math.round(ms * 1e6),
    });
    const { succeeded } = counts;
    return {
      name,
      version: String(spec.version),
      last_inference: counts.lastAt,
      inference_count: counts.rows,
      execution_count: succeeded,
      inference_stats: {
        success: took(succeeded, counts.totalMs),
        fail: took(counts.failed, counts.failedMs),
        queue: took(succeeded, counts.queueMs),
        compute_input: took(succeeded, counts.decodeMs),
        compute_infer: took(succeeded, counts.inferMs),
        compute_output: took(succeeded, counts.encodeMs),
        cache_hit: took(0, 0),
        cache_miss: took(0, 0),
      },
      batch_stats: [],
    };
  });
}

const states = { ready: 'READY', loading: 'LOADING', failed: 'UNAVAILABLE' };

/** `POST /v2/repository/index`: every version with its state, or only those that are ready. */
export function repositoryIndex(host: ModelHost, body: Buffer) {
  const request: unknown = body.length ? parseJson(body) : {};
  if (typeof request !== 'object' || request === null) {
    throw new InputError('Wanted an object such as {"ready": true}');
  }
  const onlyReady = 'ready' in request && request.ready === true;
  return host.names().flatMap(name =>
    host
      .loaded(name)
      .filter(({ state }) => !onlyReady || state === 'ready')
      .map(({ status }) => ({
        name,
        version: String(status.version),
        state: states[status.state],
        ...(status.message !== undefined && { reason: status.message }),
      })),
  );
}
