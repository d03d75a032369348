import { createContext, useContext } from 'react';
import type { ModelHealth, ModelHealthSource } from '@downstage/react';

/** The sources installed in the portal; the same ones in the same order for as long as the page lives. */
export const ModelHealthSources = createContext<readonly ModelHealthSource[]>(
  [],
);

/** What every installed source says about a model: whether it answers, whether it drifts. */
export function useModelHealth(
  modelRefs: readonly string[],
): (modelRef: string) => ModelHealth[] {
  const sources = useContext(ModelHealthSources);
  // Sources are fixed when the portal starts, so these hooks are called in one order at every render.
  const answers = sources.map(source => source.useHealth(modelRefs));
  return modelRef =>
    answers.flatMap(healthOf => {
      const health = healthOf(modelRef);
      return health ? [health] : [];
    });
}

/** Models of which an installed source says that they need attention. */
export function useTroubledModels(): readonly string[] {
  const sources = useContext(ModelHealthSources);
  const answers = sources.map(source => source.useTroubled?.() ?? []);
  return [...new Set(answers.flat())].sort();
}
