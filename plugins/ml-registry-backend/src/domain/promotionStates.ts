import type { PromotionState } from '@downstage/plugin-ml-registry-common';

/** What can happen to a promotion. */
export type PromotionEvent =
  | 'check'
  | 'pass'
  | 'block'
  | 'apply'
  | 'reject'
  | 'withdraw';

/** The state machine; an event that is not in a row is refused there. */
export const promotionTable: Record<
  PromotionState,
  Partial<Record<PromotionEvent, PromotionState>>
> = {
  requested: {
    check: 'checking',
    reject: 'rejected',
    withdraw: 'withdrawn',
  },
  checking: {
    pass: 'waiting-for-approval',
    block: 'blocked',
    reject: 'rejected',
    withdraw: 'withdrawn',
  },
  'waiting-for-approval': {
    apply: 'approved',
    block: 'blocked',
    reject: 'rejected',
    withdraw: 'withdrawn',
  },
  approved: {},
  blocked: {},
  rejected: {},
  withdrawn: {},
};

/** The state after an event, or `undefined` where the event does not fit. */
export function nextPromotionState(
  state: PromotionState,
  event: PromotionEvent,
): PromotionState | undefined {
  return promotionTable[state][event];
}

/** Whether nothing can happen any more. */
export function isDecided(state: PromotionState): boolean {
  return Object.keys(promotionTable[state]).length === 0;
}
