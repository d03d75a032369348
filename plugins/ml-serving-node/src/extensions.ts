import { createExtensionPoint } from '@backstage/backend-plugin-api';
import type { ServingEngine } from './engine';

/** Where engines are installed, beside the gateway on this machine. */
export interface MlServingEnginesExtensionPoint {
  /** @throws Error when there is one of this id */
  addEngine(engine: ServingEngine): void;
}

/**
 * An endpoint names its engine; `mlServing.engine` is that of endpoints that name none.
 *
 * @example
 * ```ts
 * env.registerInit({
 *   deps: { engines: mlServingEnginesExtensionPoint },
 *   async init({ engines }) { engines.addEngine(new KServeEngine()); },
 * });
 * ```
 */
export const mlServingEnginesExtensionPoint =
  createExtensionPoint<MlServingEnginesExtensionPoint>({
    id: 'ml-serving.engines',
  });
