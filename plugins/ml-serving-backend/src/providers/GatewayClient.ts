import {
  ConflictError,
  InputError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  PREDICTION_ID_HEADER,
  gatewayStatsSchema,
  gatewayStatusSchema,
  leadingVariant,
  predictResponseSchema,
  type GatewayDesiredState,
  type GatewayStats,
  type GatewayStatus,
  type PredictRequest,
  type PredictResponse,
} from '@downstage/plugin-ml-serving-common';
import { z } from 'zod';

const errorSchema = z.object({ error: z.string() });
const classes: Record<number, new (message: string) => Error> = {
  400: InputError,
  404: NotFoundError,
  409: ConflictError,
  413: InputError,
};

type SendOptions = {
  body?: unknown;
  timeoutMs?: number;
  /** Ends the call before its time. */
  signal?: AbortSignal;
  headers?: Record<string, string>;
};

/** A gateway that a portal of an earlier release started knows one version that answers. */
function withActive(endpoint: GatewayDesiredState['endpoints'][number]) {
  const leading = leadingVariant(endpoint.variants);
  return { ...endpoint, variant: leading?.name, active: leading?.version };
}

/** Speaks to one gateway: its admin API, and its tabular route. */
export class GatewayClient {
  readonly url: string;
  readonly #token: string;

  constructor(options: { url: string; token: string }) {
    this.url = options.url;
    this.#token = options.token;
  }

  /** Of these endpoints; of none, it only says that it lives. */
  async status(
    endpoints: string[] = [],
    timeoutMs = 2_000,
  ): Promise<GatewayStatus> {
    const query = new URLSearchParams(
      endpoints.length
        ? endpoints.map(name => ['endpoint', name])
        : [['endpoint', '']],
    );
    return gatewayStatusSchema.parse(
      await this.#call('GET', `/admin/v1/state?${query}`, { timeoutMs }),
    );
  }

  /** The answer names no endpoint: a caller asks for the one that it needs, and not for thousands. */
  async putState(
    state: GatewayDesiredState,
    options: Pick<SendOptions, 'signal'> = {},
  ): Promise<void> {
    await this.#call('PUT', '/admin/v1/state?endpoint=', {
      ...options,
      body: { ...state, endpoints: state.endpoints.map(withActive) },
    });
  }

  async stats(endpoint: string, minutes: number): Promise<GatewayStats> {
    const query = new URLSearchParams({ endpoint, minutes: String(minutes) });
    return gatewayStatsSchema.parse(
      await this.#call('GET', `/admin/v1/stats?${query}`),
    );
  }

  async roll(): Promise<void> {
    await this.#call('POST', '/admin/v1/predictions/roll', {
      timeoutMs: 120_000,
    });
  }

  async predict(
    endpoint: string,
    request: PredictRequest,
    caller: { actor: string; token?: string },
  ): Promise<PredictResponse> {
    const path = `/v2/models/${encodeURIComponent(endpoint)}/predict`;
    const { answer, headers } = await this.#send('POST', path, {
      body: request,
      timeoutMs: 60_000,
      // Who asks, for the prediction log and the limits; believed beside our token only.
      headers: {
        'x-downstage-caller': encodeURIComponent(JSON.stringify(caller)),
      },
    });
    const predictionId = headers.get(PREDICTION_ID_HEADER);
    return {
      ...predictResponseSchema.parse(answer),
      ...(predictionId !== null && { predictionId }),
    };
  }

  async #call(
    method: string,
    path: string,
    options?: SendOptions,
  ): Promise<unknown> {
    return (await this.#send(method, path, options)).answer;
  }

  async #send(
    method: string,
    path: string,
    options: SendOptions = {},
  ): Promise<{ answer: unknown; headers: Headers }> {
    const { body, timeoutMs = 10_000, signal } = options;
    const timeout = AbortSignal.timeout(timeoutMs);
    let response: Response;
    try {
      response = await fetch(`${this.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...options.headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
    } catch (error) {
      throw new ServiceUnavailableError(
        `The gateway at ${this.url} does not answer; the portal is starting it again`,
        error,
      );
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return { answer, headers: response.headers };
    const parsed = errorSchema.safeParse(answer);
    const message = parsed.success
      ? parsed.data.error
      : `The gateway answered ${response.status}`;
    const ErrorClass = classes[response.status] ?? ServiceUnavailableError;
    throw new ErrorClass(message);
  }
}
