import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import { useLoad } from '@downstage/react';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { evaluationOf } from '../domain/evaluationOf';

const nothing: ReadonlyMap<string, ModelEvaluation> = new Map();

/**
 * How models say they want to be judged, by model ref. It helps to choose which number to show. The map is empty while
 * it is not known, or when the catalog does not answer. Pages then show the first metric by name.
 */
export function useEvaluations(
  modelRefs: readonly string[],
): ReadonlyMap<string, ModelEvaluation> {
  const catalogApi = useApi(catalogApiRef);
  const { value } = useLoad(
    async () => {
      const found = new Map<string, ModelEvaluation>();
      if (modelRefs.length === 0) return found;
      const { items } = await catalogApi.getEntitiesByRefs({
        // The catalog compares refs exactly, and has them in small letters.
        entityRefs: modelRefs.map(ref =>
          stringifyEntityRef(parseEntityRef(ref)),
        ),
      });
      items.forEach((entity, index) => {
        const evaluation = entity && evaluationOf(entity);
        if (evaluation) found.set(modelRefs[index], evaluation);
      });
      return found;
    },
    [catalogApi, modelRefs.join(' ')],
    { pollMs: 0 },
  );
  return value ?? nothing;
}
