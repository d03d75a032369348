import type {
  AccessToken,
  TokenState,
} from '@downstage/plugin-ml-tokens-common';

type Ending = Pick<AccessToken, 'expiresAt' | 'revokedAt'>;

/** Revoked counts more than expired: somebody did it. */
export function stateOf(token: Ending, now: Date): TokenState {
  if (token.revokedAt) return 'revoked';
  return Date.parse(token.expiresAt) <= now.getTime() ? 'expired' : 'active';
}

/** Why a token is refused that was good once; told only to who holds the whole secret. */
export function refusalOf(
  token: Pick<
    AccessToken,
    'name' | 'owner' | 'expiresAt' | 'revokedAt' | 'revokedBy'
  >,
  now: Date,
): string | undefined {
  const called = `The token '${token.name}' of ${token.owner}`;
  switch (stateOf(token, now)) {
    case 'revoked':
      return `${called} was revoked on ${day(token.revokedAt)} by ${
        token.revokedBy ?? 'somebody'
      }; make a new one under Settings, Access tokens`;
    case 'expired':
      return `${called} expired on ${day(
        token.expiresAt,
      )}; make a new one under Settings, Access tokens`;
    default:
      return undefined;
  }
}

function day(at: string | undefined): string {
  return (at ?? '').slice(0, 10);
}
