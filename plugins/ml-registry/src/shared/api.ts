import { createContractClient, type ContractClient } from '@downstage/common';
import { mlRegistryContract } from '@downstage/plugin-ml-registry-common';
import {
  createApiRef,
  type DiscoveryApi,
  type FetchApi,
} from '@backstage/frontend-plugin-api';
import { ResponseError } from '@backstage/errors';

/** What of an artifact is wanted: a file of a run, or of a model version. */
export type ArtifactOwner =
  | { experimentId: string; runId: string }
  | { namespace: string; name: string; version: number };

/** The registry as pages see it: its contract, and the one thing a contract cannot say, a file's content. */
export type MlRegistryApi = ContractClient<typeof mlRegistryContract> & {
  /** Fetches one artifact file in the name of the signed-in user. */
  downloadArtifact(owner: ArtifactOwner, path: string): Promise<Blob>;
  /** Fetches an export: a path below the address of the registry, such as `/v1/ledger/export?format=csv`. */
  downloadExport(path: string): Promise<Blob>;
};

export const mlRegistryApiRef = createApiRef<MlRegistryApi>().with({
  id: 'plugin.ml-registry.client',
  pluginId: 'ml-registry',
});

/** Creates the client that {@link mlRegistryApiRef} stands for. */
export function createMlRegistryApi(options: {
  discoveryApi: DiscoveryApi;
  fetchApi: FetchApi;
}): MlRegistryApi {
  const { discoveryApi, fetchApi } = options;
  return {
    ...createContractClient({
      contract: mlRegistryContract,
      pluginId: 'ml-registry',
      discoveryApi,
      fetchApi,
    }),
    async downloadExport(path) {
      const baseUrl = await discoveryApi.getBaseUrl('ml-registry');
      const response = await fetchApi.fetch(`${baseUrl}${path}`);
      if (!response.ok) throw await ResponseError.fromResponse(response);
      return response.blob();
    },
    async downloadArtifact(owner, path) {
      const baseUrl = await discoveryApi.getBaseUrl('ml-registry');
      const response = await fetchApi.fetch(
        `${baseUrl}${artifactPath(owner, path)}`,
      );
      if (!response.ok) throw await ResponseError.fromResponse(response);
      return response.blob();
    },
  };
}

function artifactPath(owner: ArtifactOwner, path: string): string {
  const query = `artifact?path=${encodeURIComponent(path)}`;
  if ('runId' in owner) {
    return `/v1/runs/${encodeURIComponent(owner.runId)}/${query}`;
  }
  const { namespace, name, version } = owner;
  return `/v1/models/${encodeURIComponent(namespace)}/${encodeURIComponent(
    name,
  )}/versions/${version}/${query}`;
}
