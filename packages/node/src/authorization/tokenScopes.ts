import {
  createServiceFactory,
  createServiceRef,
} from '@backstage/backend-plugin-api';
import { TokenScopes, type PluginTokenScopes } from '@downstage/common';

/**
 * What the plugins of this process say about tokens.
 *
 * @remarks
 * Each plugin says it with {@link createAuthorizer}, so that a new one edits no list. A plugin that says nothing takes no
 * access tokens.
 */
export const tokenScopesServiceRef = createServiceRef<TokenScopes>({
  id: 'downstage.token-scopes',
  scope: 'root',
  defaultFactory: async service =>
    createServiceFactory({
      service,
      deps: {},
      factory: () => new TokenScopes(),
    }),
});

/**
 * For a portal that is split into several backends: what plugins that run in another one say about tokens. The backend of
 * `ml-tokens` needs it to make tokens for them.
 *
 * @example
 * `backend.add(tokenScopesFactory([mlRegistryTokenScopes, mlDataTokenScopes]))`
 */
export const tokenScopesFactory = (plugins: readonly PluginTokenScopes[]) =>
  createServiceFactory({
    service: tokenScopesServiceRef,
    deps: {},
    factory: () => new TokenScopes(plugins),
  });
