import type { Clock, NewId } from '@downstage/common';
import type { Tensor } from './inference/tensors';
import { loggedPredictions } from './host/columns';
import type { ModelHost, Served } from './host/ModelHost';
import { loggedFeatures } from './host/tabular';
import type { PredictionLog } from './log/PredictionLog';
import type { Traffic } from './traffic/Traffic';

/** What a route prepared for the version that answers. */
export type Prepared = {
  id: string | undefined;
  inputs: Record<string, Tensor>;
  outputs: string[] | undefined;
  rows: number;
};

/** Asks the model, counts, and writes down; shared by the protocol's route and the tabular one. */
export class Inference {
  readonly #host: ModelHost;
  readonly #log: PredictionLog;
  readonly #traffic: Traffic;
  readonly #clock: Clock;
  readonly #newId: NewId;

  constructor(options: {
    host: ModelHost;
    log: PredictionLog;
    traffic: Traffic;
    clock: Clock;
    newId: NewId;
  }) {
    this.#host = options.host;
    this.#log = options.log;
    this.#traffic = options.traffic;
    this.#clock = options.clock;
    this.#newId = options.newId;
  }

  /**
   * Runs one request from the first byte of its answer to the row in the log.
   *
   * @param answer - turns the body into tensors for the version found, and the outputs into an answer that is sent
   */
  async serve(
    model: string,
    version: string | undefined,
    answer: {
      read(): Promise<Buffer>;
      prepare(served: Served, body: Buffer): Prepared;
      send(
        served: Served,
        outputs: Record<string, Tensor>,
        request: { id: string | undefined; requestId: string; rows: number },
      ): void;
      sendError(error: unknown): number;
    },
  ): Promise<void> {
    // A name nobody serves is not counted: strangers must not be able to make series.
    const endpoint = this.#host.names().includes(model) ? model : undefined;
    const at = this.#clock();
    const started = performance.now();
    try {
      const body = await answer.read();
      // Looked up after the body has arrived, so that a slow sender does not hold on to an old version.
      const served = this.#host.find(model, version);
      const request = answer.prepare(served, body);
      const { worker } = served.version;
      if (!worker) throw new Error('The version stopped being ready');
      const requestId = request.id ?? this.#newId();
      // A copy for the log: the buffers of the request move to the worker.
      const inputs = copy(request.inputs);
      const outputs = await worker.run(request.inputs, request.outputs);
      answer.send(served, outputs, { ...request, requestId });
      const latency = performance.now() - started;
      if (endpoint) this.#traffic.record(endpoint, latency, false);
      // The answer is on its way; what follows costs the next request at most.
      setImmediate(() =>
        this.#write(served, {
          at,
          latency,
          requestId,
          rows: request.rows,
          inputs,
          outputs,
        }),
      );
    } catch (error) {
      answer.sendError(error);
      if (endpoint) {
        this.#traffic.record(endpoint, performance.now() - started, true);
      }
    }
  }

  #write(
    { endpoint, version }: Served,
    answered: {
      at: Date;
      latency: number;
      requestId: string;
      rows: number;
      inputs: Record<string, Tensor>;
      outputs: Record<string, Tensor>;
    },
  ) {
    const { rows, inputs, outputs } = answered;
    const { features } = version.spec;
    const asked = loggedFeatures({
      features,
      layout: version.layout,
      inputs,
      rows,
    });
    const predicted = loggedPredictions(outputs, rows);
    this.#log.offer(
      {
        endpoint: endpoint.endpoint,
        version: version.spec.version,
        features,
        predictions: version.predictions,
      },
      asked.map((values, row) => ({
        request_id: answered.requestId,
        at: answered.at.toISOString(),
        endpoint: endpoint.endpoint,
        model: endpoint.model,
        version: version.spec.version,
        variant: endpoint.variant,
        latency_ms: Number(answered.latency.toFixed(3)),
        ...values,
        ...predicted[row],
      })),
    );
  }
}

function copy(inputs: Record<string, Tensor>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [
      name,
      { ...tensor, data: tensor.data.slice() },
    ]),
  );
}
