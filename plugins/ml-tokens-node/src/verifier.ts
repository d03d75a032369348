import {
  createServiceFactory,
  createServiceRef,
} from '@backstage/backend-plugin-api';

/**
 * Finds the subject of a token's service principal.
 *
 * @throws AuthenticationError when the token is unknown, expired, revoked, or its owner has left
 */
export type VerifyToken = (secret: string) => Promise<string>;

/** Where `ml-tokens` leaves its verifier for the other plugins of the same process. */
export type TokenVerifierHolder = { verify?: VerifyToken };

/**
 * The verifier of this process: filled by `ml-tokens` where it runs in it, empty in the other backends of a
 * portal that is split.
 */
export const tokenVerifierServiceRef = createServiceRef<TokenVerifierHolder>({
  id: 'ml-tokens.verifier',
  scope: 'root',
  defaultFactory: async service =>
    createServiceFactory({ service, deps: {}, factory: () => ({}) }),
});
