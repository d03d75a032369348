import type { AuthService } from '@backstage/backend-plugin-api';
import { isError, stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { Lease, ReconcilePatch } from '@downstage/node';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { GatewayStatus } from '@downstage/plugin-ml-serving-common';
import {
  judgeEndpoint,
  mergeConditions,
  type Facts,
  type Problem,
} from '../domain/endpointState';
import { gatewayName } from '../domain/gatewayName';
import { NotServableError } from '../domain/servableModel';
import type { ServingGateway } from '../providers/ServingGateway';
import type { GatewaySync } from '../services/GatewaySync';
import type { ModelFetcher } from '../services/ModelFetcher';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';

const whileLoadingMs = 250;

export type ReconcileDeps = {
  auth: AuthService;
  store: EndpointStore;
  registry: Pick<MlRegistryService, 'getModel'>;
  fetcher: ModelFetcher;
  gateway: ServingGateway;
  sync: GatewaySync;
  clock: Clock;
  pollMs: number;
  announce: (endpoint: { ref: string; modelRef: string }) => Promise<void>;
  /** Asks for a look after some milliseconds. */
  lookAgainIn: (ms: number) => void;
};

/**
 * One step of bringing an endpoint to the registry's production version: ask the registry, fetch the files,
 * write the wish down, tell the gateway, judge. Every step may run twice.
 */
export async function reconcileEndpoint(
  lease: Lease,
  deps: ReconcileDeps,
): Promise<ReconcilePatch | undefined> {
  const before = await deps.store.find(lease.id);
  if (!before) return undefined;
  const { endpoint, problem, changed } = await followRegistry(before, deps);
  if (changed && !(await deps.store.saveWish(lease, endpoint))) {
    return undefined;
  }
  const hosted = await tellGateway(endpoint, changed, deps);
  const now = deps.clock();
  const {
    state,
    conditions: found,
    variants,
  } = judgeEndpoint({
    generation: endpoint.generation,
    looked: true,
    wantedVersion: endpoint.wantedVersion,
    currentVersion: endpoint.currentVersion,
    problem,
    gateway: hosted,
  });
  const conditions = mergeConditions(
    before.conditions,
    found,
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
  const settled = variants[0]?.version === endpoint.wantedVersion;
  return {
    state,
    conditions: JSON.stringify(conditions),
    observed_generation: settled
      ? endpoint.generation
      : endpoint.observedGeneration,
    next_reconcile_at: new Date(now.getTime() + pauseMs).toISOString(),
  };
}

/**
 * How long until the registry is asked again without an event. At most ten endpoints are asked about in a second,
 * however many there are: with 5,000 a lost event costs eight minutes.
 */
async function pollPause({ store, pollMs }: ReconcileDeps): Promise<number> {
  return Math.max(pollMs, (await store.count()) * 100);
}

/** What the endpoint should be, given the registry, and what stands against it. */
async function followRegistry(
  before: EndpointRecord,
  deps: ReconcileDeps,
): Promise<{
  endpoint: EndpointRecord;
  problem: Problem | undefined;
  changed: boolean;
}> {
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
  if (wanted !== undefined && !problem) {
    problem = await bringHere(endpoint, wanted, deps);
    if (!problem && wanted !== before.currentVersion) {
      endpoint.currentVersion = wanted;
      endpoint.previousVersion = await worthKeeping(before, wanted, deps);
    }
  }
  const changed =
    endpoint.wantedVersion !== before.wantedVersion ||
    endpoint.currentVersion !== before.currentVersion;
  if (changed) endpoint.generation += 1;
  return { endpoint, problem, changed };
}

/** The version to keep loaded for a way back: the one that answered, never one that did not load. */
async function worthKeeping(
  before: EndpointRecord,
  wanted: number,
  deps: ReconcileDeps,
): Promise<number | undefined> {
  const name = gatewayName(before);
  let active = before.currentVersion;
  try {
    const { endpoints } = await deps.gateway.client().status([name]);
    const hosted = endpoints.find(item => item.endpoint === name);
    active = hosted?.active ?? active;
  } catch {
    // No gateway: what should have answered is the best guess.
  }
  if (active !== wanted) return active;
  // Back to the version that still answers: its own predecessor is unknown unless it was kept.
  return before.previousVersion === wanted ? undefined : before.previousVersion;
}

async function bringHere(
  endpoint: EndpointRecord,
  wanted: number,
  deps: ReconcileDeps,
): Promise<Problem | undefined> {
  const { store, fetcher, auth } = deps;
  const found = (await store.versions(endpoint.id)).find(
    item => item.version === wanted,
  );
  if (found && fetcher.isHere(found)) return undefined;
  try {
    const credentials = await auth.getOwnServiceCredentials();
    const fetched = await fetcher.fetch(endpoint, wanted, { credentials });
    await store.saveVersion(endpoint.id, fetched);
    return undefined;
  } catch (error) {
    return {
      reason: error instanceof NotServableError ? error.reason : 'FetchFailed',
      message: `Version ${wanted} cannot be served: ${
        error instanceof Error ? error.message : stringifyError(error)
      }`,
    };
  }
}

/** Sends the wish when it is news to the gateway, or when a load failed and deserves another try. */
async function tellGateway(
  endpoint: EndpointRecord,
  changed: boolean,
  deps: ReconcileDeps,
): Promise<Facts['gateway']> {
  const name = gatewayName(endpoint);
  const pick = (status: GatewayStatus) =>
    status.endpoints.find(item => item.endpoint === name);
  try {
    let hosted = pick(await deps.gateway.client().status([name]));
    const known = hosted?.wanted === endpoint.currentVersion;
    const failed = hosted?.versions.some(
      item =>
        item.version === endpoint.currentVersion && item.state === 'failed',
    );
    if (
      changed ||
      failed ||
      (!known && endpoint.currentVersion !== undefined)
    ) {
      hosted = pick(await deps.sync.push());
    }
    if (hosted) await keepPredictions(endpoint, hosted, deps);
    return hosted ?? 'unknown-endpoint';
  } catch {
    return undefined; // becomes the condition GatewayAlive; the supervisor logs why
  }
}

/** The columns of the answers are known after the first load; the prediction log's readers want them. */
async function keepPredictions(
  endpoint: EndpointRecord,
  hosted: GatewayStatus['endpoints'][number],
  deps: ReconcileDeps,
) {
  for (const version of await deps.store.versions(endpoint.id)) {
    const status = hosted.versions.find(
      item => item.version === version.version && item.state === 'ready',
    );
    const news =
      status &&
      JSON.stringify(status.predictions) !==
        JSON.stringify(version.predictions);
    if (news) {
      const { predictions } = status;
      await deps.store.saveVersion(endpoint.id, { ...version, predictions });
    }
  }
}

/** Keeps the version that answers and the one before; rows go first, so that a crash leaves files and no dead rows. */
async function forgetOthers(endpoint: EndpointRecord, deps: ReconcileDeps) {
  const { currentVersion, previousVersion } = endpoint;
  const others = (await deps.store.versions(endpoint.id)).filter(
    ({ version }) => version !== currentVersion && version !== previousVersion,
  );
  for (const { version } of others) {
    await deps.store.forgetVersion(endpoint.id, version);
  }
  await deps.fetcher.prune(others, endpoint);
}
