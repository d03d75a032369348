import type { Condition } from '@downstage/common';
import {
  leadingVariant,
  NO_GATEWAY,
  type Endpoint,
  type EndpointVariant,
  type GatewayStatus,
  type ServedVariant,
} from '@downstage/plugin-ml-serving-common';
import { answeringFor } from './variants';

export type Problem = { reason: string; message: string };

/** What is known when the state of an endpoint is judged. */
export type Facts = {
  generation: number;
  /** Whether the registry has been asked since the endpoint was made. */
  looked: boolean;
  wantedVersion: number | undefined;
  /** What the engine is told to let answer. */
  variants: readonly ServedVariant[];
  /** Why the wanted version could not be brought here. */
  problem: Problem | undefined;
  /** The engine's word; undefined when it does not answer, `none` where this portal runs none. */
  gateway:
    | GatewayStatus['endpoints'][number]
    | 'unknown-endpoint'
    | 'none'
    | undefined;
  /** Why the portal runs none; the configuration unless given. */
  whyNone?: string;
};

export type Judgement = {
  state: Endpoint['state'];
  variants: EndpointVariant[];
  conditions: Omit<Condition, 'changedAt'>[];
};

/** Judges an endpoint: what state it is in, and why, for programs and people. */
export function judgeEndpoint(facts: Facts): Judgement {
  const { wantedVersion, problem, gateway } = facts;
  const currentVersion = leadingVariant(facts.variants)?.version;
  const hosted = typeof gateway === 'string' ? undefined : gateway;
  const answers = gateway !== undefined && gateway !== 'none';
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
    gatewayAlive(),
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
    variants: hosted ? answering(hosted) : [],
    conditions,
  };

  /** Those for which a version answers, as the tables have them; as the engine has them where the tables have none. */
  function answering(
    observed: GatewayStatus['endpoints'][number],
  ): EndpointVariant[] {
    const listed = facts.variants.length
      ? facts.variants
      : observed.variants ?? [];
    return answeringFor(listed, observed).flatMap(
      ({ variant: { name, weight, mode }, version }) =>
        version === undefined
          ? []
          : [{ variant: name, version, weight, mode, state: 'ready' }],
    );
  }

  function gatewayAlive() {
    const type = 'GatewayAlive';
    if (gateway === 'none') {
      return condition(
        type,
        'false',
        NO_GATEWAY,
        facts.whyNone ??
          'This portal runs no gateway: mlServing.gateway.enabled is false',
      );
    }
    return answers
      ? condition(type, 'true', 'Answers', 'The gateway answers')
      : condition(
          type,
          'false',
          'GatewayDoesNotAnswer',
          'The gateway does not answer; it is being started again',
        );
  }

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
    return loading !== undefined && !problem && answers
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
    if (!answers) return 'failed';
    const failed = problem !== undefined || target?.state === 'failed';
    if (active === undefined) return failed ? 'failed' : 'loading';
    if (active === wantedVersion) return 'ready';
    return failed || wantedVersion === undefined ? 'degraded' : 'loading';
  }
}

/** Whether what answers is what the registry wants. Variants beside the champion may have other versions. */
export function isSettled(
  answering: readonly EndpointVariant[],
  { wantedVersion }: { wantedVersion: number | undefined },
): boolean {
  return answering.length
    ? answering.some(
        ({ variant, version }) =>
          variant === 'champion' && version === wantedVersion,
      )
    : wantedVersion === undefined;
}

const judgedTypes = ['VersionAvailable', 'GatewayAlive', 'Serving'];

/** Whether a condition is judged here, and not the engine's word. */
export function isJudged({ type }: Pick<Condition, 'type'>): boolean {
  return judgedTypes.includes(type);
}

/**
 * What is judged, and what the engine says beside it: when it was told just now, or when it was told last. An engine
 * does not overrule what is judged.
 */
export function withEngineConditions(options: {
  judged: Judgement['conditions'];
  before: Condition[];
  /** What it says now; `undefined` when it was not told again. */
  said: Pick<Condition, 'type' | 'status' | 'reason' | 'message'>[] | undefined;
  generation: number;
}): Judgement['conditions'] {
  const { judged, before, said, generation } = options;
  const ofEngine = said
    ? said.map(({ type, status, reason, message }) => ({
        ...{ type, status, reason, message },
        observedGeneration: generation,
      }))
    : before;
  return [...judged, ...ofEngine.filter(one => !isJudged(one))];
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
