import type { AuthService } from '@backstage/backend-plugin-api';
import { isError, stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { Lease, ReconcilePatch } from '@downstage/node';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { ServedVariant } from '@downstage/plugin-ml-serving-common';
import type {
  EndpointObservation,
  EngineCondition,
} from '@downstage/plugin-ml-serving-node';
import {
  isSettled,
  judgeEndpoint,
  mergeConditions,
  withEngineConditions,
  type Facts,
  type Problem,
} from '../domain/endpointState';
import { nextStepOf } from '../domain/nextStepOf';
import { unneededOf } from '../domain/neededVersionsOf';
import { newPredictionsOf } from '../domain/newPredictionsOf';
import { NotServableError } from '../domain/servableModel';
import {
  inWords,
  isFollowing,
  isToldOf,
  onlyChampion,
  sameVariants,
} from '../domain/variants';
import type { Engines } from '../services/Engines';
import type { ModelFetcher } from '../services/ModelFetcher';
import type { RolloutService } from '../services/RolloutService';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';
import type { RolloutStore } from '../stores/RolloutStore';

export const whileLoadingMs = 250;

export type ReconcileDeps = {
  auth: AuthService;
  store: EndpointStore;
  rollouts: RolloutStore;
  rolloutService: Pick<RolloutService, 'begin'>;
  registry: Pick<MlRegistryService, 'getModel' | 'listLedger'>;
  fetcher: ModelFetcher;
  engines: Engines;
  clock: Clock;
  pollMs: number;
  announce: (endpoint: { ref: string; modelRef: string }) => Promise<void>;
  /** Asks for a look after some milliseconds. */
  lookAgainIn: (ms: number) => void;
  /** Lets a rollout that was begun go on now. */
  nudgeRollouts: () => void;
};

/**
 * One step of bringing an endpoint to the registry's production version: ask the registry, fetch the files,
 * begin a rollout to it, see that the engine has heard, judge. Every step may run twice.
 */
export async function reconcileEndpoint(
  lease: Lease,
  deps: ReconcileDeps,
): Promise<ReconcilePatch | undefined> {
  const before = await deps.store.find(lease.id);
  if (!before) return undefined;
  const found = await followRegistry(before, deps);
  const { endpoint, problem, changed, fetched } = found;
  if (changed && !(await saveDesired(lease, before, found, deps))) {
    return undefined;
  }
  const { observed, said } = await tellEngine(endpoint, fetched, deps);
  const now = deps.clock();
  const {
    state,
    conditions: judged,
    variants,
  } = judgeEndpoint({
    generation: endpoint.generation,
    looked: true,
    wantedVersion: endpoint.wantedVersion,
    variants: endpoint.variants,
    problem,
    gateway: observed,
    whyNone: deps.engines.whyNone(endpoint),
  });
  const conditions = mergeConditions(
    before.conditions,
    withEngineConditions({
      judged,
      before: before.conditions,
      said,
      generation: endpoint.generation,
    }),
    now.toISOString(),
  );
  if (
    changed ||
    state !== before.state ||
    conditions.some(
      ({ changedAt }) =>
        !before.conditions.some(c => c.changedAt === changedAt),
    )
  ) {
    await deps.announce({ ref: endpoint.id, modelRef: endpoint.modelRef });
  }
  if (state === 'ready') await forgetOthers(endpoint, deps);
  const pauseMs = state === 'loading' ? whileLoadingMs : await pollPause(deps);
  if (state === 'loading') deps.lookAgainIn(pauseMs);
  return {
    state,
    conditions: JSON.stringify(conditions),
    observed_generation:
      isSettled(variants, endpoint) && isAssigned(endpoint)
        ? endpoint.generation
        : endpoint.observedGeneration,
    next_reconcile_at: new Date(now.getTime() + pauseMs).toISOString(),
  };
}

/**
 * How long until the registry is asked again without an event. At most ten endpoints are asked about in a second,
 * however many there are: with 5,000 a lost event costs eight minutes.
 */
export async function pollPause({
  store,
  pollMs,
}: Pick<ReconcileDeps, 'store' | 'pollMs'>): Promise<number> {
  return Math.max(pollMs, (await store.count()) * 100);
}

type Followed = {
  endpoint: EndpointRecord;
  problem: Problem | undefined;
  changed: boolean;
  /** Its files were brought here just now. */
  fetched: boolean;
  /** The variants to begin a rollout to. */
  next: ServedVariant[] | undefined;
};

/** What the endpoint should be, given the registry, and what stands against it. */
async function followRegistry(
  before: EndpointRecord,
  deps: ReconcileDeps,
): Promise<Followed> {
  const credentials = await deps.auth.getOwnServiceCredentials();
  const { namespace, name } = before;
  const endpoint = { ...before };
  let problem: Problem | undefined;
  try {
    const model = await deps.registry.getModel(
      { params: { namespace, name } },
      { credentials },
    );
    endpoint.wantedVersion = model.production?.version;
  } catch (error) {
    if (isError(error) && error.name === 'NotFoundError') {
      endpoint.wantedVersion = undefined;
    } else {
      problem = {
        reason: 'RegistryDoesNotAnswer',
        message: `The registry could not be asked: ${stringifyError(error)}`,
      };
    }
  }
  const wanted = endpoint.wantedVersion;
  let fetched = false;
  let next: ServedVariant[] | undefined;
  if (wanted !== undefined && !problem) {
    const brought = await bringHere(endpoint, wanted, deps);
    fetched = brought === 'fetched';
    problem = typeof brought === 'string' ? undefined : brought;
    const goal = before.ahead.length ? before.ahead : before.variants;
    // Variants beside a champion that is right were asked for: they stay until another version is.
    if (!problem && !isFollowing(goal, wanted)) next = onlyChampion(wanted);
  }
  const changed =
    endpoint.wantedVersion !== before.wantedVersion || next !== undefined;
  if (changed) endpoint.generation += 1;
  if (next) endpoint.ahead = next;
  return { endpoint, problem, changed, fetched, next };
}

/** Whether no rollout has anything left to assign. */
function isAssigned({ ahead, variants }: EndpointRecord): boolean {
  return !ahead.length || sameVariants(ahead, variants);
}

/** Writes down what is desired, with the rollout that brings it about; whether the lease was still ours. */
async function saveDesired(
  lease: Lease,
  before: EndpointRecord,
  { endpoint, next }: Followed,
  deps: ReconcileDeps,
): Promise<boolean> {
  const { wantedVersion, generation } = endpoint;
  const desired = { wantedVersion, generation };
  if (!next || wantedVersion === undefined) {
    return deps.store.saveDesired(lease, desired);
  }
  const begun = await deps.rolloutService.begin(lease, endpoint, {
    desired,
    to: next,
    isThrough: before.ahead.length > 0 && (await isThrough(before, deps)),
    ...(await causeOf(endpoint, wantedVersion, deps)),
    message: `To ${inWords(next)}`,
    at: deps.clock().toISOString(),
  });
  if (begun) deps.nudgeRollouts();
  return begun;
}

/** Whether all that its rollout goes to answers already, though the rollout has not been looked at since. */
async function isThrough(
  endpoint: EndpointRecord,
  { engines }: ReconcileDeps,
): Promise<boolean> {
  const engine = (await engines.observe([endpoint])).get(endpoint.id);
  const facts = { assigned: endpoint.variants, engine };
  return nextStepOf({ to: endpoint.ahead }, facts).do === 'finish';
}

/** Who made a version the wanted one, and by what; a rollout is not held up by a registry that does not say. */
async function causeOf(
  endpoint: EndpointRecord,
  version: number,
  { auth, registry }: ReconcileDeps,
): Promise<{ startedBy: string | undefined; reason: string }> {
  if (!endpoint.variants.length) {
    return { startedBy: endpoint.createdBy, reason: 'Deployed' };
  }
  try {
    const credentials = await auth.getOwnServiceCredentials();
    const { items } = await registry.listLedger(
      { query: { model: endpoint.modelRef, version, limit: 20 } },
      { credentials },
    );
    const change = items.find(({ to }) => to === 'production');
    return {
      startedBy: change?.actor,
      reason: change?.action === 'rolled-back' ? 'RolledBack' : 'Promoted',
    };
  } catch {
    return { startedBy: undefined, reason: 'Promoted' };
  }
}

async function bringHere(
  endpoint: EndpointRecord,
  wanted: number,
  deps: ReconcileDeps,
): Promise<Problem | 'here' | 'fetched'> {
  const { store, fetcher, auth } = deps;
  const found = (await store.versions(endpoint.id)).find(
    item => item.version === wanted,
  );
  if (found && fetcher.isHere(found)) return 'here';
  try {
    const credentials = await auth.getOwnServiceCredentials();
    const fetched = await fetcher.fetch(endpoint, wanted, { credentials });
    await store.saveVersion(endpoint.id, fetched);
    return 'fetched';
  } catch (error) {
    return {
      reason: error instanceof NotServableError ? error.reason : 'FetchFailed',
      message: `Version ${wanted} cannot be served: ${
        error instanceof Error ? error.message : stringifyError(error)
      }`,
    };
  }
}

/**
 * Sends what is desired when it is news to the engine. A load that failed is tried again by the engine in its own time.
 */
async function tellEngine(
  endpoint: EndpointRecord,
  isNews: boolean,
  deps: ReconcileDeps,
): Promise<{ observed: Facts['gateway']; said?: EngineCondition[] }> {
  const observe = async () =>
    (await deps.engines.observe([endpoint])).get(endpoint.id);
  let said: EngineCondition[] | undefined;
  try {
    let observed = await observe();
    if (observed === undefined || observed === 'none') return { observed };
    const isKnown =
      typeof observed === 'object' && isToldOf(endpoint.variants, observed);
    if (isNews || (!isKnown && endpoint.variants.length)) {
      said = await deps.engines.push(endpoint);
      observed = await observe();
    }
    if (typeof observed === 'object') {
      await keepPredictions(endpoint, observed, deps);
    }
    return { observed, said };
  } catch {
    return { observed: undefined }; // becomes the condition GatewayAlive; the supervisor logs why
  }
}

/** The columns of the answers are known after the first load; the prediction log's readers want them. */
async function keepPredictions(
  endpoint: EndpointRecord,
  hosted: EndpointObservation,
  deps: ReconcileDeps,
) {
  for (const version of await deps.store.versions(endpoint.id)) {
    const predictions = newPredictionsOf(version, hosted);
    if (predictions) {
      await deps.store.saveVersion(endpoint.id, { ...version, predictions });
    }
  }
}

/** Keeps the versions that are needed; rows go first, so that a crash leaves files and no dead rows. */
async function forgetOthers(endpoint: EndpointRecord, deps: ReconcileDeps) {
  const here = await deps.store.versions(endpoint.id);
  const others = unneededOf(endpoint, here);
  for (const { version } of others) {
    await deps.store.forgetVersion(endpoint.id, version);
  }
  await deps.fetcher.prune(others, endpoint);
}
