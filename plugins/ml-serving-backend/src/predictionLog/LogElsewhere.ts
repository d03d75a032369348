import { isError, ServiceUnavailableError } from '@backstage/errors';
import { unlessAborted } from '@downstage/common';
import {
  hasLogFiles,
  type EngineLogFile,
  type ServingEngine,
  type ServingEngineWithLogFiles,
} from '@downstage/plugin-ml-serving-node';
import type { LogFilter } from './LogFolder';

/** An engine that takes longer counts as one that does not answer. */
const answerMs = 10_000;

/** The prediction log of one endpoint that its engine keeps elsewhere. */
export class LogElsewhere {
  readonly #engine: ServingEngineWithLogFiles;
  readonly #endpoint: string;

  private constructor(engine: ServingEngineWithLogFiles, endpoint: string) {
    this.#engine = engine;
    this.#endpoint = endpoint;
  }

  /** `undefined` for an engine whose log is in the folder of the portal. */
  static of(
    engine: ServingEngine,
    /** As the engine knows it. */
    endpoint: string,
  ): LogElsewhere | undefined {
    return hasLogFiles(engine) ? new LogElsewhere(engine, endpoint) : undefined;
  }

  /**
   * Newest first.
   *
   * @throws ServiceUnavailableError where the engine does not answer in time
   */
  files(filter: LogFilter, signal?: AbortSignal): Promise<EngineLogFile[]> {
    return this.#ask(engine => engine.logFiles(this.#endpoint, filter), signal);
  }

  /** @throws ServiceUnavailableError where the engine does not answer in time */
  count(
    filter: { version: number; after?: string },
    signal?: AbortSignal,
  ): Promise<{ rows: number; openRows: number }> {
    return this.#ask(
      engine => engine.countPredictions(this.#endpoint, filter),
      signal,
    );
  }

  async #ask<T>(
    question: (engine: ServingEngineWithLogFiles) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const limit = AbortSignal.timeout(answerMs);
    try {
      return await unlessAborted(
        question(this.#engine),
        signal ? AbortSignal.any([signal, limit]) : limit,
      );
    } catch (error) {
      if (isError(error) && error.name === 'ServiceUnavailableError')
        throw error;
      throw new ServiceUnavailableError(
        `The engine '${
          this.#engine.id
        }' does not say what is in its prediction log of '${this.#endpoint}'`,
        error,
      );
    }
  }
}
