import {
  createExtensionBlueprint,
  createExtensionDataRef,
} from '@backstage/frontend-plugin-api';
import type { Tone } from '../showing/StatusBadge';

/** How a model fares in one respect, with the page that says more. */
export type ModelHealth = { tone: Tone; label: string; href: string };

/** One respect in which models fare well or badly: is it answering, does it drift. */
export type ModelHealthSource = {
  /**
   * A hook, called once for the models that are shown. Its result answers for one of them:
   * `undefined` when there is nothing to say of it, also while loading and when the source cannot be reached.
   */
  useHealth: (
    modelRefs: readonly string[],
  ) => (modelRef: string) => ModelHealth | undefined;
  /** A hook: refs of the models that need somebody's attention, the first few hundred. */
  useTroubled?: () => readonly string[];
};

const sourceDataRef = createExtensionDataRef<ModelHealthSource>().with({
  id: 'downstage.model-health-source',
});

/**
 * Adds to the health shown in the list of models. The list asks whatever sources are installed and knows none of them.
 *
 * @example
 * ```ts
 * const health = ModelHealthBlueprint.make({ params: { useHealth: useEndpointHealth } });
 * ```
 */
export const ModelHealthBlueprint = createExtensionBlueprint({
  kind: 'model-health',
  attachTo: { id: 'page:ml-registry', input: 'health' },
  output: [sourceDataRef],
  dataRefs: { source: sourceDataRef },
  factory: (params: ModelHealthSource) => [sourceDataRef(params)],
});
