import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { FromWorker, ToWorker, WorkerSeed } from './inference/messages';
import {
  datatypes,
  type ElementType,
  type Tensor,
  type TensorInfo,
} from './inference/tensors';

/*
 * One worker thread holds one session of one model version. Creating a session and running it both block their
 * thread, which is why neither happens on the HTTP thread, and why a version that loads never shares a thread
 * with a version that answers. Unloading is ending the thread.
 */

async function load({ path, sha256 }: WorkerSeed) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw new Error(`${path} has the SHA-256 ${found}, wanted ${sha256}`);
  }
  // Loaded by path, not by bytes: weights may lie in files beside it.
  return InferenceSession.create(path, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  });
}

function describe(
  kind: 'input' | 'output',
  metadata: readonly InferenceSession.ValueMetadata[],
): TensorInfo[] {
  return metadata.map(value => {
    if (!value.isTensor) {
      throw new Error(
        `The ${kind} '${value.name}' is a sequence or map, which cannot be served; export the model with zipmap off`,
      );
    }
    if (!(value.type in datatypes)) {
      throw new Error(
        `The ${kind} '${value.name}' has the type ${
          value.type
        }; served are ${Object.keys(datatypes).join(', ')}`,
      );
    }
    return {
      name: value.name,
      type: value.type as ElementType,
      shape: value.shape.map(size =>
        typeof size === 'number' && size >= 0 ? size : -1,
      ),
    };
  });
}

function toOrt(tensor: Tensor): OrtTensor {
  return new OrtTensor(tensor.type, tensor.data as never, tensor.dims);
}

async function run(session: InferenceSession, message: ToWorker) {
  const feeds = Object.fromEntries(
    Object.entries(message.inputs).map(([name, tensor]) => [
      name,
      toOrt(tensor),
    ]),
  );
  const results = await session.run(
    feeds,
    message.outputs ?? [...session.outputNames],
  );
  const outputs: Record<string, Tensor> = {};
  const buffers: ArrayBuffer[] = [];
  for (const [name, value] of Object.entries(results)) {
    const { data } = value;
    // A copy of its own: the native buffer may be pooled and must not be transferred.
    const copy = Array.isArray(data) ? data : (data as Float32Array).slice();
    if (!Array.isArray(copy)) buffers.push(copy.buffer as ArrayBuffer);
    outputs[name] = {
      type: value.type as ElementType,
      dims: [...value.dims],
      data: copy,
    };
  }
  return { outputs, buffers };
}

async function main() {
  const port = parentPort;
  if (!port) return;
  const send = (message: FromWorker, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer);
  try {
    const session = await load(workerData as WorkerSeed);
    const loaded: FromWorker = {
      type: 'loaded',
      inputs: describe('input', session.inputMetadata),
      outputs: describe('output', session.outputMetadata),
    };
    port.on('message', async (message: ToWorker) => {
      try {
        const { outputs, buffers } = await run(session, message);
        send({ type: 'result', id: message.id, outputs }, buffers);
      } catch (error) {
        send({
          type: 'error',
          id: message.id,
          message: String((error as Error).message ?? error),
        });
      }
    });
    send(loaded);
  } catch (error) {
    send({
      type: 'failed',
      message: String((error as Error).message ?? error),
    });
  }
}

main();
