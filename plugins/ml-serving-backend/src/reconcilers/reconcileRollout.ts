import { leadingVariant } from '@downstage/plugin-ml-serving-common';
import type { Lease, ReconcilePatch } from '@downstage/node';
import type { Facts } from '../domain/endpointState';
import { nextStepOf } from '../domain/nextStepOf';
import { wayBackOf } from '../domain/wayBackOf';
import { sayToEngine } from '../services/sayToEngine';
import type { EndpointRecord } from '../stores/EndpointStore';
import type { RolloutRecord } from '../stores/RolloutStore';
import {
  pollPause,
  whileLoadingMs,
  type ReconcileDeps,
} from './reconcileEndpoint';

/** An engine that has not heard is told again after a while, not at each look. */
const tellAgainMs = 2_000;

/**
 * One step of bringing an endpoint from one set of variants to the next. The step is decided by `nextStepOf` from
 * what the tables and the engine say, and each step may run twice.
 *
 * @remarks
 * Only the holder of the lease of the rollout writes what answers. A rollout that was ended by a newer one has lost it.
 */
export async function reconcileRollout(
  lease: Lease,
  deps: Pick<
    ReconcileDeps,
    | 'announce'
    | 'clock'
    | 'engines'
    | 'lookAgainIn'
    | 'pollMs'
    | 'rollouts'
    | 'store'
  > & {
    /** Lets the endpoint be looked at now. */
    nudgeEndpoints: () => void;
  },
): Promise<ReconcilePatch | undefined> {
  const { clock, engines, rollouts, store } = deps;
  const rollout = await rollouts.find(lease.id);
  if (!rollout) return undefined;
  const endpoint = await store.find(rollout.endpointId);
  if (!endpoint || rollout.endedAt !== undefined) {
    return { next_reconcile_at: null };
  }
  const engine = (await engines.observe([endpoint])).get(endpoint.id);
  const step = nextStepOf(rollout, { assigned: endpoint.variants, engine });
  const after = (ms: number) => {
    deps.lookAgainIn(ms);
    return new Date(clock().getTime() + ms).toISOString();
  };
  switch (step.do) {
    case 'assign': {
      const kept = await rollouts.assign(lease, {
        endpointId: endpoint.id,
        variants: step.variants,
        keep: keepOf(rollout, endpoint, engine),
        at: clock().toISOString(),
      });
      if (!kept) return undefined;
      await sayToEngine(endpoint, deps);
      deps.nudgeEndpoints();
      return { next_reconcile_at: after(0) };
    }
    case 'tell':
      await sayToEngine(endpoint, deps);
      return { next_reconcile_at: after(tellAgainMs) };
    case 'wait': {
      const { message, loadFailed } = step;
      const pauseMs = step.soon ? whileLoadingMs : await pollPause(deps);
      // Written before it is announced: receivers of the event read the row.
      const kept = await rollouts.keepStanding(lease, {
        ...{ message, loadFailed, lookAt: after(pauseMs) },
        at: clock().toISOString(),
      });
      const isNews =
        message !== rollout.message || loadFailed !== rollout.loadFailed;
      if (kept && isNews) {
        const { id: ref, modelRef } = endpoint;
        await deps.announce({ ref, modelRef });
      }
      return undefined;
    }
    case 'finish': {
      const { id: ref, modelRef } = endpoint;
      const at = clock().toISOString();
      const { message } = step;
      const end = { endpointId: ref, message, at };
      if (!(await rollouts.finish(lease, end))) return undefined;
      deps.nudgeEndpoints();
      await deps.announce({ ref, modelRef });
      return undefined;
    }
    default:
      return step satisfies never;
  }
}

function keepOf(
  { to }: RolloutRecord,
  { variants, previousVersion }: EndpointRecord,
  engine: Facts['gateway'],
): number | undefined {
  const observed = typeof engine === 'object' ? engine : undefined;
  const assigned = leadingVariant(variants)?.version;
  const didNotLoad = observed?.versions.some(
    ({ version, state }) => version === assigned && state === 'failed',
  );
  return wayBackOf({
    // Where no engine says who answers, what should have answered is the best guess, unless it did not load.
    answering: observed?.active ?? (didNotLoad ? undefined : assigned),
    kept: previousVersion,
    next: leadingVariant(to)?.version,
  });
}
