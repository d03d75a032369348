import { useCallback } from 'react';
import { useSearchParams } from 'react-router-dom';
import {
  healthFilters,
  modelFilters,
  modelSorts,
  type ModelListFilter,
} from './filterModels';

/** The filter of the list of models, kept in the address so that a link shows the same list. */
export function useModelFilter(): [
  ModelListFilter,
  (filter: ModelListFilter) => void,
] {
  const [params, setParams] = useSearchParams();
  const filter: ModelListFilter = {
    search: params.get('q') ?? '',
    stage: modelFilters.find(id => id === params.get('stage')) ?? 'all',
    owner: params.get('owner') ?? '',
    health: healthFilters.find(id => id === params.get('health')) ?? 'any',
    sort: modelSorts.find(id => id === params.get('sort')) ?? 'name',
  };
  const change = useCallback(
    (next: ModelListFilter) =>
      setParams(
        before => {
          const after = new URLSearchParams(before);
          write(after, 'q', next.search, '');
          write(after, 'stage', next.stage, 'all');
          write(after, 'owner', next.owner, '');
          write(after, 'health', next.health, 'any');
          write(after, 'sort', next.sort, 'name');
          return after;
        },
        { replace: true },
      ),
    [setParams],
  );
  return [filter, change];
}

/** Defaults are left out of the address. */
function write(
  params: URLSearchParams,
  key: string,
  value: string,
  usual: string,
) {
  if (value === usual) params.delete(key);
  else params.set(key, value);
}
