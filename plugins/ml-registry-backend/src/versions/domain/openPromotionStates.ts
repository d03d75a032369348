import type { PromotionState } from '@downstage/plugin-ml-registry-common';

/** Promotions that somebody or something still works on. Lists of models count them, so that they are named here. */
export const openPromotionStates: PromotionState[] = [
  'requested',
  'checking',
  'waiting-for-approval',
];
