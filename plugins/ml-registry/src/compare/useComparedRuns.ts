import type { Run } from '@downstage/plugin-ml-registry-common';
import { useLoad, type Loaded } from '@downstage/react';
import { useRegistry } from '../shared/hooks/useRegistry';

/** So many ids fit into one filter. */
const PART = 90;

/** Runs by id, of any experiments, in the order asked for. Deleted ones are found too. */
export function useComparedRuns(runIds: readonly string[]): Loaded<Run[]> {
  const api = useRegistry();
  return useLoad(
    async signal => {
      const found = new Map<string, Run>();
      // The ids stand in quotes in the filter; what cannot be one is looked up by itself, and not found.
      const plain = runIds.filter(runId => /^[\w-]+$/.test(runId));
      for (let at = 0; at < plain.length; at += PART) {
        const ids = plain.slice(at, at + PART).map(runId => `'${runId}'`);
        const { items } = await api.searchRuns(
          {
            query: {
              filter: `attributes.run_id IN (${ids.join(', ')})`,
              limit: PART,
            },
          },
          { signal },
        );
        for (const run of items) found.set(run.runId, run);
      }
      return Promise.all(
        runIds.map(
          async runId =>
            found.get(runId) ?? api.getRun({ params: { runId } }, { signal }),
        ),
      );
    },
    [api, runIds.join(',')],
  );
}
