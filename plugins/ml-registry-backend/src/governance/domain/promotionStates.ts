import type { PromotionState } from '@downstage/plugin-ml-registry-common';

/** What can happen to a promotion. */
export type PromotionEvent =
  | 'check'
  | 'pass'
  | 'block'
  | 'apply'
  | 'lapse'
  | 'waive'
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
    lapse: 'checking',
    block: 'blocked',
    reject: 'rejected',
    withdraw: 'withdrawn',
  },
  approved: {},
  // A waiver has the gates asked again; nothing else brings a blocked one back.
  blocked: { waive: 'checking' },
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

/** Whether nothing happens any more unless somebody waives a gate. */
export function isDecided(state: PromotionState): boolean {
  return (
    nextPromotionState(state, 'block') === undefined && state !== 'requested'
  );
}
