/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend, and both layouts, src and dist, are handled here */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ServiceUnavailableError } from '@backstage/errors';
import type { FromWorker, ToWorker, WorkerSeed } from './messages';
import type { Tensor, TensorInfo } from './tensors';

type Pending = {
  resolve(outputs: Record<string, Tensor>): void;
  reject(error: Error): void;
};

/** More waiting requests than this are refused: they would time out at the caller anyway. */
const mostPending = 1_000;

/** The worker's file: TypeScript beside us in the repository, JavaScript at the top of dist once built. */
function workerFile(): { file: string; execArgv?: string[] } {
  const source = join(__dirname, '..', 'worker.ts');
  if (existsSync(source)) {
    return {
      file: source,
      execArgv: [
        '--require',
        require.resolve('@backstage/cli/config/nodeTransform.cjs'),
      ],
    };
  }
  const built = [
    join(__dirname, 'worker.cjs.js'),
    join(__dirname, '..', 'worker.cjs.js'),
  ].find(file => existsSync(file));
  if (!built) {
    throw new Error(
      `The inference worker is missing: looked for worker.cjs.js in and above ${__dirname}`,
    );
  }
  return { file: built };
}

/** One loaded model version in a thread of its own. */
export class ModelWorker {
  readonly inputs: TensorInfo[];
  readonly outputs: TensorInfo[];
  readonly #worker: Worker;
  readonly #pending: Map<number, Pending>;
  #nextId = 1;
  #idle: (() => void) | undefined;
  #gone: Error | undefined;

  private constructor(
    worker: Worker,
    info: { inputs: TensorInfo[]; outputs: TensorInfo[] },
  ) {
    this.#worker = worker;
    this.#pending = new Map();
    this.inputs = info.inputs;
    this.outputs = info.outputs;
  }

  /** Loads a model; resolves when it can answer, rejects with the reason when it cannot. */
  static load(
    seed: WorkerSeed,
    options: { onCrash: (error: Error) => void },
  ): Promise<ModelWorker> {
    const { file, execArgv } = workerFile();
    const worker = new Worker(file, { workerData: seed, execArgv });
    let model: ModelWorker | undefined;
    // The listeners stay for the life of the thread: taking the last one off would close its port.
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (model) {
          model.#receive(message);
        } else if (message.type === 'loaded') {
          model = new ModelWorker(worker, message);
          resolve(model);
        } else {
          reject(
            new Error(
              message.type === 'failed' ? message.message : 'Unexpected answer',
            ),
          );
          worker.terminate();
        }
      });
      worker.on('error', error => {
        reject(error);
        if (model) model.#end(error, options.onCrash);
      });
      worker.on('exit', code => {
        const error = new Error(`The inference worker ended with code ${code}`);
        reject(error);
        if (model) model.#end(error, options.onCrash);
      });
    });
  }

  /** Requests that wait for an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  run(
    inputs: Record<string, Tensor>,
    outputs?: string[],
  ): Promise<Record<string, Tensor>> {
    if (this.#gone) {
      return Promise.reject(
        new ServiceUnavailableError('The model is being loaded again'),
      );
    }
    if (this.#pending.size >= mostPending) {
      return Promise.reject(
        new ServiceUnavailableError(
          `The model is busy: ${mostPending} requests are waiting`,
        ),
      );
    }
    const id = this.#nextId++;
    const message: ToWorker = { type: 'run', id, inputs, outputs };
    const transfer = Object.values(inputs).flatMap(tensor =>
      Array.isArray(tensor.data) ? [] : [tensor.data.buffer as ArrayBuffer],
    );
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage(message, transfer);
    });
  }

  /** Lets requests under way finish, for a while, and ends the thread. */
  async retire(graceMs = 30_000): Promise<void> {
    if (this.#pending.size) {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        new Promise<void>(resolve => {
          this.#idle = resolve;
        }),
        new Promise<void>(resolve => {
          timer = setTimeout(resolve, graceMs);
        }),
      ]);
      clearTimeout(timer);
    }
    this.#gone ??= new Error('retired');
    await this.#worker.terminate();
  }

  #receive(message: FromWorker) {
    if (message.type !== 'result' && message.type !== 'error') return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'result') pending?.resolve(message.outputs);
    else
      pending?.reject(
        new Error(`The model could not answer: ${message.message}`),
      );
    if (!this.#pending.size) this.#idle?.();
  }

  #end(error: Error, onCrash: (error: Error) => void) {
    const expected = this.#gone !== undefined;
    this.#gone ??= error;
    for (const pending of this.#pending.values()) {
      pending.reject(
        new ServiceUnavailableError('The model stopped while answering', error),
      );
    }
    this.#pending.clear();
    this.#idle?.();
    if (!expected) onCrash(error);
  }
}
