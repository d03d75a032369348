import { DEFAULT_NAMESPACE, parseEntityRef } from '@backstage/catalog-model';

/**
 * How a token's deeds are signed: a personal token's as the person, a service token's as `service:diagnostics/nightly`.
 *
 * @remarks
 * The group stands in it because two groups may both have a `nightly`. So no token can be named like a plugin either,
 * which signs as `service:ml-jobs`.
 */
export function actorOf(token: {
  kind: 'personal' | 'service';
  owner: string;
  name: string;
}): string {
  if (token.kind === 'personal') return token.owner;
  const { namespace, name } = parseEntityRef(token.owner);
  const group = namespace === DEFAULT_NAMESPACE ? name : `${namespace}/${name}`;
  return `service:${group}/${token.name}`;
}
