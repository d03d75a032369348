import type { EndpointRecord } from '../stores/EndpointStore';

type Versions = Pick<
  EndpointRecord,
  'ahead' | 'previousVersion' | 'variants' | 'wantedVersion'
>;

/**
 * Every version whose files an endpoint needs, by number. It is assigned, the target of a rollout, wanted by the
 * registry, or kept for a rollback. The tables alone say so, also while the engine does not answer.
 */
export function neededVersionsOf(endpoint: Versions): number[] {
  const { ahead, previousVersion, variants, wantedVersion } = endpoint;
  const needed = [
    ...[...variants, ...ahead].map(({ version }) => version),
    ...[previousVersion, wantedVersion].filter(one => one !== undefined),
  ];
  return [...new Set(needed)].sort((a, b) => a - b);
}

/** Those whose files the endpoint does not need. */
export function unneededOf<T extends { version: number }>(
  endpoint: Versions,
  versions: T[],
): T[] {
  const needed = neededVersionsOf(endpoint);
  return versions.filter(({ version }) => !needed.includes(version));
}
