import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import { ResponseError } from '@backstage/errors';
import { asKnownError } from './contractService';
import { onBehalfOfHeaders } from '../caller/onBehalfOf';

/**
 * Reads what another plugin sends that is not JSON, in the name of the given credentials.
 *
 * @throws the other plugin's error as if it had been thrown here
 */
export async function fetchFromPlugin(
  request: { pluginId: string; path: string },
  options: {
    auth: AuthService;
    discovery: DiscoveryService;
    credentials: BackstageCredentials;
    signal: AbortSignal;
  },
): Promise<Response> {
  const { pluginId, path } = request;
  const { auth, discovery, credentials, signal } = options;
  const { token } = await auth.getPluginRequestToken({
    onBehalfOf: credentials,
    targetPluginId: pluginId,
  });
  const baseUrl = await discovery.getBaseUrl(pluginId);
  const response = await fetch(`${baseUrl}${path}`, {
    signal,
    headers: {
      authorization: `Bearer ${token}`,
      ...onBehalfOfHeaders(credentials),
    },
  });
  if (response.ok) return response;
  throw asKnownError(await ResponseError.fromResponse(response));
}
