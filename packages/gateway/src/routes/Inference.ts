import { ServiceUnavailableError } from '@backstage/errors';
import type { Clock, NewId } from '@downstage/common';
import { PREDICTION_ID_HEADER } from '@downstage/plugin-ml-serving-common';
import type { ModelHost, Served } from '../host/ModelHost';
import type { Exchange } from '../http/Exchange';
import { NotStartedError, type ModelAnswer } from '../inference/ModelProcess';
import type { PredictionLog } from '../log/PredictionLog';
import type { Traffic } from '../traffic/Traffic';

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
   * Answers one request, from its first byte to its rows in the log.
   *
   * @remarks
   * The body is not looked at here: the model's own process reads it. So a body that takes long to read, or ends the
   * reader, affects only the model that was asked.
   */
  async serve(
    exchange: Exchange,
    request: {
      model: string;
      version: string | undefined;
      route: 'infer' | 'predict';
    },
  ): Promise<void> {
    const { model, version, route } = request;
    // A name nobody serves is not counted: strangers must not be able to make series.
    const endpoint = this.#host.has(model) ? model : undefined;
    const at = this.#clock();
    const started = performance.now();
    let status = 500;
    try {
      const body = await exchange.parts();
      const predictionId = this.#newId();
      const requestId =
        exchange.header('x-request-id')?.slice(0, 200) ?? predictionId;
      const headerLength = exchange.header('inference-header-content-length');
      const log = this.#log.wants(model);
      // Looked up after the body has arrived, so that a slow sender does not hold on to an old version.
      const { served, answer } = await this.#ask(model, version, {
        route,
        model,
        requestId,
        headerLength,
        log,
        body,
        signal: exchange.signal,
      });
      status = answer.message.status;
      exchange.send(answer.body, {
        status,
        headers: {
          ...answer.message.headers,
          ...(answer.message.done && { [PREDICTION_ID_HEADER]: predictionId }),
        },
      });
      const latency = performance.now() - started;
      count(served, answer, { latency, at });
      const { done, clientId } = answer.message;
      if (done?.log) {
        served.version.learn(done.predictions);
        this.#log.offer({
          endpoint: {
            endpoint: model,
            model: served.endpoint.model,
            variant: served.variant,
          },
          version: served.version.spec,
          predictions: served.version.predictions,
          predictionId,
          requestId: clientId ?? requestId,
          caller: exchange.visitor?.caller,
          at,
          latencyMs: latency,
          rows: done.rows,
          parts: done.log,
          payload: answer.payload,
        });
      }
    } catch (error) {
      status = exchange.sendError(error);
    }
    if (endpoint) {
      this.#traffic.record(endpoint, performance.now() - started, status);
    }
  }

  /** Asks the version that answers; once more when it was lost before it began with this request. */
  async #ask(
    model: string,
    version: string | undefined,
    ask: Parameters<NonNullable<Served['version']['process']>['ask']>[0],
  ): Promise<{ served: Served; answer: ModelAnswer }> {
    for (let attempt = 0; ; attempt++) {
      const served = this.#host.find(model, version, ask.requestId);
      const { process } = served.version;
      if (!process) {
        throw new ServiceUnavailableError('The version stopped being ready');
      }
      try {
        return { served, answer: await process.ask(ask) };
      } catch (error) {
        if (!(error instanceof NotStartedError) || attempt) throw error;
      }
    }
  }
}

function count(
  { version }: Served,
  { message, queueMs }: ModelAnswer,
  { latency, at }: { latency: number; at: Date },
) {
  const { counts } = version;
  if (!message.done) {
    counts.failed += 1;
    counts.failedMs += latency;
    return;
  }
  const { rows, decodeMs, inferMs, encodeMs } = message.done;
  counts.succeeded += 1;
  counts.rows += rows;
  counts.queueMs += queueMs;
  counts.decodeMs += decodeMs;
  counts.inferMs += inferMs;
  counts.encodeMs += encodeMs;
  counts.totalMs += latency;
  counts.lastAt = at.getTime();
}
