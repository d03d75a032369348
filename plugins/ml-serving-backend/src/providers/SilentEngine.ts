import { ServiceUnavailableError } from '@backstage/errors';
import type {
  EndpointObservation,
  EngineCondition,
  ServingEngineWithLog,
  ServingEngineWithPredict,
  ServingEngineWithTraffic,
} from '@downstage/plugin-ml-serving-node';

/**
 * Stands for an engine that this portal does not run: the configuration wants no gateway, or no module installs the
 * engine that an endpoint names. Nothing is started, and whatever is asked is refused with the reason.
 */
export class SilentEngine
  implements
    ServingEngineWithLog,
    ServingEngineWithPredict,
    ServingEngineWithTraffic
{
  readonly specVersion = 'v1';
  readonly enabled = false;
  readonly variants = 'one';
  readonly alive = false;
  readonly since = undefined;
  readonly id: string;
  readonly publicUrl: string;
  readonly #why: string;

  constructor(options: { id: string; publicUrl: string; why: string }) {
    this.id = options.id;
    this.publicUrl = options.publicUrl;
    this.#why = options.why;
  }

  urlOf(endpoint: string): string {
    return this.publicUrl && `${this.publicUrl}/v2/models/${endpoint}`;
  }

  start(): void {}

  async stop(): Promise<void> {}

  async apply(): Promise<EngineCondition[]> {
    throw this.#refusal();
  }

  async observe(): Promise<EndpointObservation[]> {
    throw this.#refusal();
  }

  async predict(): Promise<never> {
    throw this.#refusal();
  }

  async traffic(): Promise<never> {
    throw this.#refusal();
  }

  async rollLog(): Promise<void> {
    throw this.#refusal();
  }

  #refusal() {
    return new ServiceUnavailableError(this.#why);
  }
}
