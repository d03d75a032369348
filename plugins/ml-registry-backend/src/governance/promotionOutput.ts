import type { Promotion } from '@downstage/plugin-ml-registry-common';
import type { ActionZod } from '@downstage/node';

/** The one shape in which actions answer with a promotion. */
export function promotionOutput(z: ActionZod) {
  return z.object({
    id: z.string(),
    version: z.string(),
    to: z.string(),
    state: z.string(),
    requestedBy: z.string(),
    reason: z.string().optional(),
    message: z.string().optional(),
    approvals: z.array(z.string()),
    approvalsNeeded: z.number(),
    gates: z.array(
      z.object({
        gate: z.string(),
        status: z.string(),
        message: z.string(),
        how: z.string().optional(),
      }),
    ),
  });
}

export function toPromotionOutput(promotion: Promotion) {
  return {
    id: promotion.id,
    version: promotion.versionRef,
    to: promotion.to,
    state: promotion.state,
    requestedBy: promotion.requestedBy,
    reason: promotion.reason,
    message: promotion.message,
    approvals: promotion.approvals.map(({ by }) => by),
    approvalsNeeded: promotion.approvalsNeeded,
    gates: promotion.gates.map(({ gate, status, message, how }) => ({
      gate,
      status,
      message,
      how,
    })),
  };
}
