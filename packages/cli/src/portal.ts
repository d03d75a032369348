import { CliAuth } from '@backstage/cli-node';
import {
  createContractClient,
  type Contract,
  type ContractClient,
} from '@downstage/common';

/** Where the portal is, and in whose name it is called: with a token that is good at that moment. */
export type Portal = { baseUrl: string; token: () => Promise<string> };

/**
 * The portal of `DOWNSTAGE_URL` with the token of `DOWNSTAGE_TOKEN` (notebooks, CI), or the one that
 * `backstage-cli auth login` signed in to.
 *
 * @throws Error when there is neither, saying how to sign in
 */
export async function findPortal(
  environment: Record<string, string | undefined> = process.env,
): Promise<Portal> {
  const { DOWNSTAGE_URL: url, DOWNSTAGE_TOKEN: token } = environment;
  if (url && token) {
    return { baseUrl: url.replace(/\/+$/, ''), token: async () => token };
  }
  if (url || token) {
    throw new Error(
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
    throw new Error(
      `Not signed in (${
        error instanceof Error ? error.message : String(error)
      }). Set DOWNSTAGE_URL and DOWNSTAGE_TOKEN, or run: backstage-cli auth login --backend-url <portal>`,
    );
  }
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

/** `fetch` in the name of whoever is signed in. */
export function withToken(portal: Portal): typeof fetch {
  return async (input, init) =>
    fetch(input, {
      ...init,
      headers: {
        ...Object.fromEntries(new Headers(init?.headers)),
        authorization: `Bearer ${await portal.token()}`,
      },
    });
}
