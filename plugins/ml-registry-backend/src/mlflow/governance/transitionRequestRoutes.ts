import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  promotionTargetSchema,
  type Promotion,
  type PromotionTarget,
} from '@downstage/plugin-ml-registry-common';
import type { Call, Caller } from '@downstage/node';
import { modelRefOf, pathOfName } from '../../kernel/refs';
import type { PromotionService } from '../../governance/PromotionService';
import type { Message } from '../protocol/Message';
import type { ModelNames } from '../protocol/ModelNames';
import type { MlflowRoute } from '../protocol/routes';
import { fromMlflowStage, toMlflowStage } from '../protocol/stages';

type Key = { name: string; version: number };

/**
 * `transition-requests/…`: promotions under the paths and in the shapes that tools of the workspace registry know.
 * Source: docs.databricks.com/api/workspace/modelregistry
 */
export function transitionRequestRoutes(
  promotions: PromotionService,
  names: ModelNames,
): MlflowRoute[] {
  const find = async (message: Message, caller: Caller) => {
    const key = await names.versionOf(message);
    const to = readTarget(message);
    const open = await listOpen(promotions, key, caller);
    const found = open.find(promotion => promotion.to === to);
    if (found) return found;
    throw new NotFoundError(
      `No open transition request of version ${key.version} of ${
        key.name
      } to ${toMlflowStage(to)}`,
    );
  };
  return [
    {
      method: 'post',
      path: 'transition-requests/create',
      handle: async (message, caller) => {
        const promotion = await promotions.request(
          {
            ...pathOfVersion(await names.versionOf(message)),
            to: readTarget(message),
            reason: message.string('comment') || undefined,
          },
          refuseJobs(caller),
        );
        return { request: renderRequest(promotion, caller) };
      },
    },
    {
      method: 'get',
      path: 'transition-requests/list',
      handle: async (message, caller) => {
        const open = await listOpen(
          promotions,
          await names.versionOf(message),
          caller,
        );
        return {
          requests: open.map(promotion => renderRequest(promotion, caller)),
        };
      },
    },
    {
      method: 'post',
      path: 'transition-requests/approve',
      handle: async (message, caller) => {
        const { id } = await find(message, caller);
        const comment = message.string('comment') || undefined;
        const promotion = await promotions.approve(
          { id, comment },
          refuseJobs(caller),
        );
        return {
          activity: renderActivity(promotion, {
            type:
              promotion.state === 'approved'
                ? 'APPLIED_TRANSITION'
                : 'APPROVED_REQUEST',
            user: caller.actor,
            comment,
          }),
        };
      },
    },
    {
      method: 'post',
      path: 'transition-requests/reject',
      handle: async (message, caller) => {
        const { id } = await find(message, caller);
        const comment = message.required('comment');
        const promotion = await promotions.reject(
          { id, comment },
          refuseJobs(caller),
        );
        return {
          activity: renderActivity(promotion, {
            type: 'REJECTED_REQUEST',
            user: caller.actor,
            comment,
          }),
        };
      },
    },
    {
      method: 'delete',
      path: 'transition-requests/delete',
      handle: async (message, caller) => {
        const found = await find(message, caller);
        const creator = message.string('creator');
        if (creator && creator !== found.requestedBy) {
          throw new NotFoundError(
            `The open request is ${found.requestedBy}'s, not ${creator}'s`,
          );
        }
        const promotion = await promotions.withdraw(found.id, {
          ...refuseJobs(caller),
        });
        return {
          activity: renderActivity(promotion, {
            type: 'CANCELLED_REQUEST',
            user: caller.actor,
            comment: message.string('comment') || undefined,
          }),
        };
      },
    },
  ];
}

async function listOpen(
  promotions: PromotionService,
  { name, version }: Key,
  caller: Caller,
): Promise<Promotion[]> {
  const { items } = await promotions.list(
    { model: modelRefOf(name), state: 'open' },
    refuseJobs(caller),
  );
  return items.filter(promotion => promotion.version === version);
}

function renderRequest(promotion: Promotion, caller: Caller) {
  const own = promotion.requestedBy === caller.actor;
  return {
    id: promotion.id,
    creation_timestamp: Date.parse(promotion.createdAt),
    user_id: promotion.requestedBy,
    to_stage: toMlflowStage(promotion.to),
    comment: promotion.reason ?? '',
    available_actions: own
      ? ['CANCEL_TRANSITION_REQUEST']
      : ['APPROVE_TRANSITION_REQUEST', 'REJECT_TRANSITION_REQUEST'],
  };
}

function renderActivity(
  promotion: Promotion,
  what: { type: string; user: string; comment?: string },
) {
  const at = Date.parse(promotion.decidedAt ?? promotion.createdAt);
  return {
    id: promotion.id,
    activity_type: what.type,
    creation_timestamp: at,
    last_updated_timestamp: at,
    user_id: what.user,
    from_stage: toMlflowStage(promotion.from),
    to_stage: toMlflowStage(promotion.to),
    comment: what.comment ?? '',
    system_comment: promotion.message ?? '',
  };
}

function pathOfVersion({ name, version }: Key) {
  return { ...pathOfName(name), version };
}

function readTarget(message: Message): PromotionTarget {
  const stage = fromMlflowStage(message.required('stage'));
  const target = promotionTargetSchema.safeParse(stage);
  if (target.success) return target.data;
  throw new InputError(
    `There are no requests for ${toMlflowStage(
      stage,
    )}; stages to ask for are Staging, Candidate and Production`,
  );
}

function refuseJobs(caller: Caller): Call {
  if (caller.kind !== 'job') return { caller };
  throw new NotAllowedError(
    `The token of ${caller.job.subject} may not use transition requests; that is for people`,
  );
}
