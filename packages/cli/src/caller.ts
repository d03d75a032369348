import { ResponseError } from '@backstage/errors';
import { mlTokensContract } from '@downstage/plugin-ml-tokens-common';
import { z } from 'zod';
import { clientOf, withToken, type Portal } from './portal';

const userInfoSchema = z.object({
  claims: z.object({ sub: z.string(), ent: z.array(z.string()) }),
});

/** In whose name the portal is called. */
export type Caller = {
  /** As things are marked with it: `user:default/ann`. */
  actor: string;
  /** The groups that the caller acts for. */
  groups: string[];
};

/** Asks the portal: about an access token the plugin of tokens, about a person who is signed in the sign-in. */
export async function findCaller(portal: Portal): Promise<Caller> {
  const tokens = clientOf(portal, {
    contract: mlTokensContract,
    pluginId: 'ml-tokens',
  });
  try {
    const { actor, owns } = await tokens.getCurrentToken({});
    return { actor, groups: owns.filter(isGroup) };
  } catch (error) {
    // It answers about access tokens only, and may not be installed.
    const status = error instanceof ResponseError ? error.statusCode : 0;
    if (status !== 403 && status !== 404) throw error;
  }
  const response = await withToken(portal)(
    `${portal.baseUrl}/api/auth/v1/userinfo`,
  );
  if (!response.ok) throw await ResponseError.fromResponse(response);
  const { claims } = userInfoSchema.parse(await response.json());
  return { actor: claims.sub, groups: claims.ent.filter(isGroup) };
}

function isGroup(ref: string): boolean {
  return ref.startsWith('group:');
}
