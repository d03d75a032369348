import type { Tensor, TensorInfo } from './tensors';

/** What the HTTP thread sends to a worker. */
export type ToWorker = {
  type: 'run';
  id: number;
  inputs: Record<string, Tensor>;
  /** Outputs wanted; all when absent. */
  outputs?: string[];
};

/** What a worker is started with. */
export type WorkerSeed = { path: string; sha256: string };

/** What a worker sends back. */
export type FromWorker =
  | { type: 'loaded'; inputs: TensorInfo[]; outputs: TensorInfo[] }
  | { type: 'failed'; message: string }
  | { type: 'result'; id: number; outputs: Record<string, Tensor> }
  | { type: 'error'; id: number; message: string };
