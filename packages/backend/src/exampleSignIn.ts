import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { InputError, NotAllowedError } from '@backstage/errors';
import {
  authProvidersExtensionPoint,
  createProxyAuthenticator,
  createProxyAuthProviderFactory,
  createSignInResolverFactory,
  type SignInInfo,
} from '@backstage/plugin-auth-node';

import { onlyKnownHosts, readKnownHosts } from './knownHosts';

type Person = { entityRef: string };

/**
 * Lets anyone enter as one of the example people, without a password.
 *
 * @remarks
 * Only in development (`NODE_ENV=development`): outside it every attempt is refused with the reason, whatever the
 * configuration says. An attempt under a name that is not the portal's own is refused too. So no web page can point its
 * own name here and sign in; see `knownHosts`. The people are those listed in `auth.providers.example.people`, no
 * others.
 */
const authenticator = createProxyAuthenticator({
  defaultProfileTransform: async () => ({ profile: {} }),
  initialize({ config }) {
    return (config.getOptionalConfigArray('people') ?? []).map(person =>
      person.getString('entityRef'),
    );
  },
  async authenticate({ req }, people: string[]) {
    if (process.env.NODE_ENV !== 'development') {
      throw new NotAllowedError(
        'Entering as an example person is for development only; configure an auth provider such as OIDC for this portal',
      );
    }
    const entityRef = req.header('x-example-person');
    if (!entityRef || !people.includes(entityRef)) {
      throw new InputError(
        `Not one of the example people: '${entityRef ?? ''}' (allowed: ${
          people.join(', ') || 'nobody'
        })`,
      );
    }
    return { result: { entityRef } satisfies Person };
  },
});

const signInAsChosen = createSignInResolverFactory({
  create() {
    return async ({ result }: SignInInfo<Person>, context) =>
      context.signInWithCatalogUser({ entityRef: result.entityRef });
  },
});

/** The auth provider `example`; see {@link authenticator}. */
export const exampleSignIn = createBackendModule({
  pluginId: 'auth',
  moduleId: 'example-provider',
  register(registration) {
    registration.registerInit({
      deps: {
        providers: authProvidersExtensionPoint,
        config: coreServices.rootConfig,
        httpRouter: coreServices.httpRouter,
      },
      async init({ providers, config, httpRouter }) {
        // Guests need no password either. A module is there before its plugin, so this is asked first.
        const known = onlyKnownHosts(readKnownHosts(config));
        httpRouter.use((request, response, next) =>
          /^\/+(example|guest)(\/|$)/i.test(request.path)
            ? known(request, response, next)
            : next(),
        );
        if (!config.has('auth.providers.example')) return;
        providers.registerProvider({
          providerId: 'example',
          factory: createProxyAuthProviderFactory({
            authenticator,
            signInResolver: signInAsChosen(),
          }),
        });
      },
    });
  },
});
