import { CliAuth } from '@backstage/cli-node';
import {
  AuthenticationError,
  InputError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  createContractClient,
  type Contract,
  type ContractClient,
} from '@downstage/common';

/** Where the portal is, and in whose name it is called: with a token that is good at that moment. */
export type Portal = { baseUrl: string; token: () => Promise<string> };

/**
 * The portal of `DOWNSTAGE_URL` with the token of `DOWNSTAGE_TOKEN` (notebooks, CI). Without these, the portal that
 * `backstage-cli auth login` signed in to.
 *
 * @throws Error when there is neither, saying how to sign in
 */
export async function findPortal(
  environment: Record<string, string | undefined> = process.env,
): Promise<Portal> {
  const { DOWNSTAGE_URL: url, DOWNSTAGE_TOKEN: token } = environment;
  if (url && token) {
    return { baseUrl: baseUrlOf(url), token: async () => checkToken(token) };
  }
  if (url || token) {
    throw new InputError(
      `DOWNSTAGE_URL and DOWNSTAGE_TOKEN go together, and only ${
        url ? 'DOWNSTAGE_URL' : 'DOWNSTAGE_TOKEN'
      } is set. Make a token on the portal’s settings page`,
    );
  }
  try {
    const auth = await CliAuth.create();
    // Now, so that who is not signed in hears of it here. Tokens last an hour, and an import may take longer.
    await auth.getAccessToken();
    return {
      baseUrl: auth.getBaseUrl().replace(/\/+$/, ''),
      token: () => auth.getAccessToken(),
    };
  } catch (error) {
    throw new AuthenticationError(
      `Not signed in (${
        error instanceof Error ? error.message : String(error)
      }). Set DOWNSTAGE_URL and DOWNSTAGE_TOKEN, or run: backstage-cli auth login --backend-url <portal>`,
    );
  }
}

function baseUrlOf(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
    return url.replace(/\/+$/, '');
  }
  throw new InputError(
    `DOWNSTAGE_URL is '${url}', which is not an address such as https://portal.example.com`,
  );
}

/** Never repeated, not even when it is wrong. */
function checkToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new InputError(
    'DOWNSTAGE_TOKEN holds characters that no token has. Was it copied as a whole, and nothing else with it?',
  );
}

/** A typed client of one domain of the portal. */
export function clientOf<C extends Contract>(
  portal: Portal,
  options: { contract: C; pluginId: string },
): ContractClient<C> {
  return createContractClient({
    ...options,
    discoveryApi: {
      getBaseUrl: async pluginId => `${portal.baseUrl}/api/${pluginId}`,
    },
    fetchApi: { fetch: withToken(portal) },
  });
}

/** `fetch` in the name of the person who is signed in. */
export function withToken(portal: Portal): typeof fetch {
  return async (input, init) => {
    const headers = {
      ...Object.fromEntries(new Headers(init?.headers)),
      authorization: `Bearer ${await portal.token()}`,
    };
    const response = await fetch(input, { ...init, headers }).catch(
      (error: Error) => {
        if (init?.signal?.aborted) throw error;
        const { message } = error.cause instanceof Error ? error.cause : error;
        throw new ServiceUnavailableError(
          `No portal answers at ${portal.baseUrl} (${message})`,
        );
      },
    );
    // Whatever the portal says is JSON or CSV; for an address it does not know it shows its pages.
    if (response.headers.get('content-type')?.startsWith('text/html')) {
      if (response.status >= 500) {
        throw new ServiceUnavailableError(
          `No portal answers at ${portal.baseUrl} (what stands before it says ${response.status})`,
        );
      }
      throw new InputError(
        `${portal.baseUrl} answers with a page: it is not the address of a portal, or not all of it`,
      );
    }
    return response;
  };
}
