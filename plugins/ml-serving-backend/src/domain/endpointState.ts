import type { Condition } from '@downstage/common';
import type {
  Endpoint,
  EndpointVariant,
  GatewayStatus,
} from '@downstage/plugin-ml-serving-common';

export type Problem = { reason: string; message: string };

/** What is known when the state of an endpoint is judged. */
export type Facts = {
  generation: number;
  /** Whether the registry has been asked since the endpoint was made. */
  looked: boolean;
  wantedVersion: number | undefined;
  currentVersion: number | undefined;
  /** Why the wanted version could not be brought here. */
  problem: Problem | undefined;
  /** The gateway's word; undefined when it does not answer. */
  gateway: GatewayStatus['endpoints'][number] | 'unknown-endpoint' | undefined;
};

export type Judgement = {
  state: Endpoint['state'];
  variants: EndpointVariant[];
  conditions: Omit<Condition, 'changedAt'>[];
};

/** Judges an endpoint: what state it is in, and why, for programs and people. */
export function judgeEndpoint(facts: Facts): Judgement {
  const { wantedVersion, currentVersion, problem, gateway } = facts;
  const hosted = gateway === 'unknown-endpoint' ? undefined : gateway;
  const active = hosted?.active;
  const target = hosted?.versions.find(item => item.version === currentVersion);
  const condition = (
    type: string,
    status: Condition['status'],
    reason: string,
    message: string,
  ) => ({
    type,
    status,
    reason,
    message,
    observedGeneration: facts.generation,
  });

  const conditions = [
    versionAvailable(),
    gateway === undefined
      ? condition(
          'GatewayAlive',
          'false',
          'GatewayDoesNotAnswer',
          'The gateway does not answer; it is being started again',
        )
      : condition('GatewayAlive', 'true', 'Answers', 'The gateway answers'),
    active === undefined
      ? notServing()
      : condition(
          'Serving',
          'true',
          active === wantedVersion ? 'ProductionVersion' : 'OlderVersion',
          active === wantedVersion
            ? `Version ${active} answers`
            : `Version ${active} answers; ${
                target?.state === 'failed'
                  ? `version ${currentVersion} could not be loaded: ${target.message}`
                  : `version ${wantedVersion ?? '?'} is not ready`
              }`,
        ),
  ];

  return {
    state: stateOf(),
    variants:
      active === undefined
        ? []
        : [
            {
              variant: 'champion',
              version: active,
              weight: 100,
              state: 'ready',
            },
          ],
    conditions,
  };

  function versionAvailable() {
    const type = 'VersionAvailable';
    if (wantedVersion !== undefined) {
      return condition(
        type,
        problem ? 'false' : 'true',
        problem?.reason ?? 'Fetched',
        problem?.message ??
          `Version ${wantedVersion} is the production version`,
      );
    }
    return facts.looked
      ? condition(
          type,
          'false',
          'NoProductionVersion',
          'The model has no production version; promote one, and it will be served',
        )
      : condition(
          type,
          'unknown',
          'AskingTheRegistry',
          'The registry is being asked for the production version',
        );
  }

  function notServing() {
    if (target?.state === 'failed') {
      const message = target.message ?? 'The version could not be loaded';
      return condition('Serving', 'false', 'LoadFailed', message);
    }
    const loading = currentVersion ?? wantedVersion;
    return loading !== undefined && !problem && gateway !== undefined
      ? condition(
          'Serving',
          'unknown',
          'Loading',
          `Version ${loading} is being loaded`,
        )
      : condition('Serving', 'false', 'NotLoaded', 'No version answers yet');
  }

  function stateOf(): Endpoint['state'] {
    if (!facts.looked && currentVersion === undefined) return 'loading';
    if (wantedVersion === undefined && currentVersion === undefined) {
      return 'waiting';
    }
    if (gateway === undefined) return 'failed';
    const failed = problem !== undefined || target?.state === 'failed';
    if (active === undefined) return failed ? 'failed' : 'loading';
    if (active === wantedVersion) return 'ready';
    return failed || wantedVersion === undefined ? 'degraded' : 'loading';
  }
}

/** Keeps `changedAt` of conditions that are as they were. */
export function mergeConditions(
  before: Condition[],
  next: Judgement['conditions'],
  now: string,
): Condition[] {
  return next.map(condition => {
    const old = before.find(item => item.type === condition.type);
    const same =
      old?.status === condition.status && old.reason === condition.reason;
    return { ...condition, changedAt: same && old ? old.changedAt : now };
  });
}
