import { stringifyError } from '@backstage/errors';
import type {
  Column,
  GatewayVersion,
  GatewayVersionStatus,
} from '@downstage/plugin-ml-serving-common';
import { ModelWorker } from '../inference/ModelWorker';
import { zeros, type Tensor } from '../inference/tensors';
import { predictionColumns } from './columns';
import { layoutOf, type Layout } from './tabular';

const crashesAllowed = 3;

/** One version of a model: loading, ready or failed. */
export class HostedVersion {
  readonly spec: GatewayVersion;
  readonly #onChange: () => void;
  #state: GatewayVersionStatus['state'] = 'loading';
  #message: string | undefined;
  #worker: ModelWorker | undefined;
  #predictions: Column[] = [];
  #layout: Layout | undefined;
  #retired = false;
  #crashes = 0;

  constructor(spec: GatewayVersion, options: { onChange: () => void }) {
    this.spec = spec;
    this.#onChange = options.onChange;
  }

  get state() {
    return this.#state;
  }

  get status(): GatewayVersionStatus {
    return {
      version: this.spec.version,
      state: this.#state,
      ...(this.#message !== undefined && { message: this.#message }),
      predictions: this.#predictions,
    };
  }

  get predictions() {
    return this.#predictions;
  }

  /** How named columns reach this model; undefined when they cannot. */
  get layout() {
    return this.#layout;
  }

  /** The thread that answers; undefined while it does not. */
  get worker(): ModelWorker | undefined {
    return this.#state === 'ready' ? this.#worker : undefined;
  }

  /** Loads and warms up. Never throws: the outcome is the state. */
  async load(): Promise<void> {
    if (this.#retired) return;
    try {
      const { path, sha256, features } = this.spec;
      const worker = await ModelWorker.load(
        { path, sha256 },
        { onCrash: error => this.#crashed(error) },
      );
      this.#worker = worker;
      this.#layout = layoutOf(features, worker.inputs);
      await this.#warmUp(worker);
      if (this.#retired) {
        await worker.retire(0);
        return;
      }
      this.#state = 'ready';
      this.#message = this.#layout
        ? undefined
        : 'The columns of the signature do not match the inputs of the model: named columns are refused, tensors are served';
    } catch (error) {
      this.#state = 'failed';
      this.#message = stringifyError(error);
      await this.#worker?.retire(0);
      this.#worker = undefined;
    }
    this.#onChange();
  }

  async retire(): Promise<void> {
    this.#retired = true;
    await this.#worker?.retire();
  }

  /** The first run of a session allocates: it happens here, before traffic. It also shows what answers look like. */
  async #warmUp(worker: ModelWorker) {
    const width = this.spec.features.length || 1;
    for (const rows of [1, 8]) {
      const inputs = Object.fromEntries(
        worker.inputs.map(({ name, type, shape }): [string, Tensor] => {
          const dims = shape.map((size, index) => {
            if (size !== -1) return size;
            if (index === 0) return rows;
            return this.#layout?.kind === 'matrix' ? width : 1;
          });
          const count = dims.reduce((product, size) => product * size, 1);
          return [name, { type, dims, data: zeros(type, count) }];
        }),
      );
      const outputs = await worker.run(inputs);
      this.#predictions = predictionColumns(worker.outputs, outputs);
    }
  }

  #crashed(error: Error) {
    this.#worker = undefined;
    if (this.#retired) return;
    this.#crashes += 1;
    this.#message = `The inference worker ended: ${stringifyError(error)}`;
    this.#state = this.#crashes > crashesAllowed ? 'failed' : 'loading';
    this.#onChange();
    if (this.#state === 'loading') this.load();
  }
}
