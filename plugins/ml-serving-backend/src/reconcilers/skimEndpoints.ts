import { commitManyWithLease, type Lease } from '@downstage/node';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import { isSettled, judgeEndpoint, type Facts } from '../domain/endpointState';
import { unneededOf } from '../domain/neededVersionsOf';
import { newPredictionsOf } from '../domain/newPredictionsOf';
import { isToldOf } from '../domain/variants';
import type { EndpointRecord, ServedVersion } from '../stores/EndpointStore';
import { pollPause, type ReconcileDeps } from './reconcileEndpoint';

/** Their refs are in one address. */
const askedAtOnce = 20;

/**
 * Looks at many endpoints with few questions: the registry is asked for twenty models at a time, an engine for all.
 * Those that are as they should be are left until the next look.
 *
 * @returns the others, and those whose model the registry does not list under this very name
 */
export async function skimEndpoints(
  leases: Lease[],
  deps: Omit<
    ReconcileDeps,
    'registry' | 'lookAgainIn' | 'nudgeRollouts' | 'rollouts' | 'rolloutService'
  > & {
    knex: Knex;
    registry: Pick<MlRegistryService, 'listModels'>;
  },
): Promise<Lease[]> {
  const ids = leases.map(({ id }) => id);
  const [endpoints, versions] = await Promise.all([
    deps.store.findMany(ids),
    deps.store.versionsOf(ids),
  ]);
  const [wanted, hosted] = await Promise.all([
    wantedVersions(endpoints, deps),
    deps.engines.observe(endpoints),
  ]);
  const now = deps.clock();
  const settled = new Set(
    endpoints
      .filter(endpoint => {
        const kept = versions.get(endpoint.id) ?? [];
        return (
          wanted.has(endpoint.modelRef) &&
          wanted.get(endpoint.modelRef) === endpoint.wantedVersion &&
          hasItsFiles(endpoint, kept, deps) &&
          isAsJudged(endpoint, kept, {
            gateway: hosted.get(endpoint.id),
            whyNone: deps.engines.whyNone(endpoint),
          })
        );
      })
      .map(({ id }) => id),
  );
  await commitManyWithLease(deps.knex, {
    table: 'endpoints',
    leases: leases.filter(({ id }) => settled.has(id)),
    patch: {
      next_reconcile_at: new Date(
        now.getTime() + (await pollPause(deps)),
      ).toISOString(),
    },
  });
  return leases.filter(({ id }) => !settled.has(id));
}

/** The production version of each model that the registry lists. */
async function wantedVersions(
  endpoints: EndpointRecord[],
  { auth, registry }: Parameters<typeof skimEndpoints>[1],
): Promise<Map<string, number | undefined>> {
  const credentials = await auth.getOwnServiceCredentials();
  const wanted = new Map<string, number | undefined>();
  for (let at = 0; at < endpoints.length; at += askedAtOnce) {
    const part = endpoints.slice(at, at + askedAtOnce);
    const models = part.map(({ modelRef }) => modelRef).join(',');
    const { items } = await registry.listModels(
      { query: { models, limit: askedAtOnce } },
      { credentials },
    );
    for (const { ref, production } of items) {
      wanted.set(ref, production?.version);
    }
  }
  return wanted;
}

/** The wanted version is the current one, its files lie here, and those of no other that nobody needs. */
function hasItsFiles(
  endpoint: EndpointRecord,
  versions: ServedVersion[],
  { fetcher }: Pick<ReconcileDeps, 'fetcher'>,
): boolean {
  const { wantedVersion, currentVersion } = endpoint;
  if (endpoint.state === 'ready' && unneededOf(endpoint, versions).length) {
    return false;
  }
  if (wantedVersion === undefined) return true;
  const current = versions.find(({ version }) => version === wantedVersion);
  return (
    currentVersion === wantedVersion &&
    current !== undefined &&
    fetcher.isHere(current)
  );
}

/** Its row says what would be written now, and its engine has been told. */
function isAsJudged(
  endpoint: EndpointRecord,
  versions: ServedVersion[],
  engine: Pick<Facts, 'gateway' | 'whyNone'>,
): boolean {
  if (endpoint.state === 'loading' || !endpoint.conditions.length) return false;
  const { gateway: found } = engine;
  if (found && found !== 'none') {
    const told = found === 'unknown-endpoint' ? undefined : found;
    if (told ? !isToldOf(endpoint.variants, told) : endpoint.variants.length) {
      return false;
    }
    if (told && versions.some(one => newPredictionsOf(one, told))) return false;
  }
  const judged = judgeEndpoint({
    generation: endpoint.generation,
    looked: true,
    wantedVersion: endpoint.wantedVersion,
    variants: endpoint.variants,
    problem: undefined,
    ...engine,
  });
  const isAnswering = isSettled(judged.variants, endpoint);
  if (isAnswering && endpoint.observedGeneration !== endpoint.generation) {
    return false;
  }
  return (
    judged.state === endpoint.state &&
    judged.conditions.every(next =>
      endpoint.conditions.some(
        ({ type, status, reason }) =>
          type === next.type &&
          status === next.status &&
          reason === next.reason,
      ),
    )
  );
}
