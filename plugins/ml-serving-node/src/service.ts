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
import {
  mlServingContract,
  type PredictionLogFile,
} from '@downstage/plugin-ml-serving-common';

/** Calls `ml-serving` on behalf of the credentials that are passed. */
export const mlServingServiceRef = contractServiceRef({
  id: 'ml-serving',
  pluginId: 'ml-serving',
  contract: mlServingContract,
});
export type MlServingService = ContractService<typeof mlServingContract>;

/**
 * Opens one Parquet file of a prediction log, on whichever machine it lies; the body streams.
 *
 * @throws ResponseError when there is no such file or the caller may not read it
 *
 * @example
 * ```ts
 * const { items } = await serving.listPredictionLogFiles({ params, query: { version: 3 } }, { credentials });
 * const response = await downloadPredictionLogFile(items[0], { credentials, discovery, auth });
 * ```
 */
export async function downloadPredictionLogFile(
  file: Pick<PredictionLogFile, 'url'>,
  options: {
    credentials: BackstageCredentials;
    discovery: DiscoveryService;
    auth: AuthService;
    signal?: AbortSignal;
  },
): Promise<Response> {
  const { credentials, discovery, auth, signal } = options;
  const base = `${await discovery.getBaseUrl('ml-serving')}/`;
  const url = new URL(file.url, base);
  // A log that lies elsewhere never sees a token of this portal.
  const isOurs = url.href.startsWith(base);
  const { token } = isOurs
    ? await auth.getPluginRequestToken({
        onBehalfOf: credentials,
        targetPluginId: 'ml-serving',
      })
    : { token: undefined };
  const response = await fetch(url, {
    signal,
    ...(token !== undefined && {
      headers: {
        ...onBehalfOfHeaders(credentials),
        authorization: `Bearer ${token}`,
      },
    }),
  });
  if (!response.ok) throw await ResponseError.fromResponse(response);
  return response;
}
