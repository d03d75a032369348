import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import { ResponseError } from '@backstage/errors';
import {
  contractServiceRef,
  onBehalfOfHeaders,
  type ContractService,
} from '@downstage/node';
import { mlRegistryContract } from '@downstage/plugin-ml-registry-common';

/** The registry as other backends see it: request first, credentials second. */
export type MlRegistryService = ContractService<typeof mlRegistryContract>;

/**
 * Calls the registry on behalf of somebody.
 *
 * @example
 * ```ts
 * const model = await registry.getModel({ params: { namespace: 'default', name } }, { credentials });
 * ```
 */
export const mlRegistryServiceRef = contractServiceRef({
  id: 'ml-registry',
  pluginId: 'ml-registry',
  contract: mlRegistryContract,
});

/**
 * Opens one file of a version; the body streams.
 *
 * @throws ResponseError when there is no such file or the caller may not read
 *
 * @example
 * ```ts
 * const response = await downloadVersionArtifact(
 *   { params: { namespace: 'default', name, version: 3 }, path: 'model.onnx' },
 *   { credentials, discovery, auth },
 * );
 * ```
 */
export async function downloadVersionArtifact(
  request: {
    params: { namespace: string; name: string; version: number };
    path: string;
  },
  options: {
    credentials: BackstageCredentials;
    discovery: DiscoveryService;
    auth: AuthService;
    signal?: AbortSignal;
  },
): Promise<Response> {
  const { namespace, name, version } = request.params;
  const { credentials, discovery, auth, signal } = options;
  const { token } = await auth.getPluginRequestToken({
    onBehalfOf: credentials,
    targetPluginId: 'ml-registry',
  });
  const base = await discovery.getBaseUrl('ml-registry');
  const folders = [namespace, name].map(encodeURIComponent).join('/');
  const query = new URLSearchParams({ path: request.path });
  const response = await fetch(
    `${base}/v1/models/${folders}/versions/${version}/artifact?${query}`,
    {
      headers: {
        ...onBehalfOfHeaders(credentials),
        authorization: `Bearer ${token}`,
      },
      signal,
    },
  );
  if (!response.ok) throw await ResponseError.fromResponse(response);
  return response;
}
