import {
  createExternalTokenHandler,
  externalTokenHandlersServiceRef,
} from '@backstage/backend-defaults/auth';
import {
  coreServices,
  createServiceFactory,
  type DiscoveryService,
} from '@backstage/backend-plugin-api';
import {
  AuthenticationError,
  NotAllowedError,
  ResponseError,
  ServiceUnavailableError,
} from '@backstage/errors';
import { tokenScopesServiceRef } from '@downstage/node';
import {
  currentTokenSchema,
  tokenPrefix,
} from '@downstage/plugin-ml-tokens-common';
import { RememberedAnswers } from './RememberedAnswers';
import { isWellFormed } from './secret';
import { tokenVerifierServiceRef, type VerifyToken } from './verifier';

/**
 * Lets every plugin of a backend accept tokens, through Backstage's own hook for external tokens. It comes with
 * `ml-tokens`; a backend of a split portal that runs other plugins of ours adds it by itself.
 *
 * @remarks
 * It acts where the configuration has an entry of its type:
 *
 * ```yaml
 * backend:
 *   auth:
 *     externalAccess:
 *       - type: downstage
 *         options: {} # plugins: [my-plugin] adds plugins that use the authorizer too
 * ```
 *
 * A plugin takes tokens when it has said what their scopes allow, with `createAuthorizer`: its services ask the authorizer. All others
 * refuse tokens: to Backstage a token is a service, and services may do everything there.
 */
export const downstageTokenHandler = createServiceFactory({
  service: externalTokenHandlersServiceRef,
  deps: {
    plugin: coreServices.pluginMetadata,
    discovery: coreServices.discovery,
    tokenScopes: tokenScopesServiceRef,
    verifier: tokenVerifierServiceRef,
  },
  factory({ plugin, discovery, tokenScopes, verifier }) {
    const pluginId = plugin.getId();
    const remote = createRemoteVerifier(discovery);
    return createExternalTokenHandler<{ others: string[] }>({
      type: 'downstage',
      initialize: ({ options }) => ({
        others: options.getOptionalStringArray('plugins') ?? [],
      }),
      async verifyToken(token, { others }) {
        if (!token.startsWith(tokenPrefix)) return undefined;
        // Asked for each token: a plugin that starts later is in it too.
        const plugins = new Set([...tokenScopes.pluginIds, ...others]);
        if (!plugins.has(pluginId)) {
          throw new NotAllowedError(
            `Access tokens (${tokenPrefix}…) work on ${[...plugins].join(
              ', ',
            )}; ${pluginId} needs the token of a person who is signed in`,
          );
        }
        if (!isWellFormed(token)) {
          throw new AuthenticationError(
            `This is not an access token: its checksum is wrong. Was it copied as a whole? It has 53 characters and begins with ${tokenPrefix}`,
          );
        }
        if (verifier.verify) return { subject: await verifier.verify(token) };
        if (pluginId === 'ml-tokens') {
          throw new ServiceUnavailableError('ml-tokens is still starting');
        }
        return { subject: await remote(token) };
      },
    });
  },
});

/** Where `ml-tokens` runs in another backend, the token itself asks there whom it speaks for. */
function createRemoteVerifier(discovery: DiscoveryService): VerifyToken {
  const answers = new RememberedAnswers({ clock: () => new Date() });
  const ask: VerifyToken = async secret => {
    const baseUrl = await discovery.getBaseUrl('ml-tokens');
    const response = await fetch(`${baseUrl}/v1/token`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    if (response.ok) {
      return currentTokenSchema.parse(await response.json()).subject;
    }
    const error = await ResponseError.fromResponse(response);
    if (response.status === 401) {
      throw new AuthenticationError(error.cause.message);
    }
    throw error;
  };
  return secret => answers.get(secret, ask);
}
