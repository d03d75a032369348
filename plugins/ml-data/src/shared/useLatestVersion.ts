import { useApi } from '@backstage/frontend-plugin-api';
import {
  datasetVersionCreatedTopic,
  type DatasetVersion,
} from '@downstage/plugin-ml-data-common';
import { useLoad, type Loaded } from '@downstage/react';
import { mlDataApiRef } from './api';

/** The latest version of a dataset; `{}` while it has none, or when there is no dataset to ask about. */
export function useLatestVersion(
  path: { namespace: string; name: string } | undefined,
): Loaded<{ version?: DatasetVersion }> {
  const api = useApi(mlDataApiRef);
  return useLoad(
    async signal => {
      if (!path) return {};
      // Asking for the list first tells "none yet" from "something is wrong".
      const { items } = await api.listDatasetVersions(
        { params: path, query: { limit: 1 } },
        { signal },
      );
      if (!items.length) return {};
      return {
        version: await api.getDatasetVersion(
          { params: { ...path, version: String(items[0].version) } },
          { signal },
        ),
      };
    },
    [path?.namespace, path?.name],
    { channel: datasetVersionCreatedTopic, pollMs: 60_000 },
  );
}
