import type { Tone } from '@downstage/react';
import type {
  GateVerdict,
  Promotion,
  PromotionTarget,
  Stage,
} from '@downstage/plugin-ml-registry-common';

/** How a stage looks; its word is always shown beside it. */
export const stageTone: Record<Stage, Tone> = {
  none: 'neutral',
  staging: 'neutral',
  candidate: 'warning',
  production: 'ok',
  archived: 'neutral',
};

export const gateTone: Record<GateVerdict['status'], Tone> = {
  passed: 'ok',
  failed: 'error',
  pending: 'running',
  warning: 'warning',
  waived: 'warning',
};

export const promotionTone: Record<Promotion['state'], Tone> = {
  requested: 'running',
  checking: 'running',
  'waiting-for-approval': 'warning',
  approved: 'ok',
  blocked: 'error',
  rejected: 'error',
  withdrawn: 'neutral',
};

/** Whether a promotion is still on its way. */
export function isOpen(promotion: { state: Promotion['state'] }): boolean {
  return ['requested', 'checking', 'waiting-for-approval'].includes(
    promotion.state,
  );
}

const targets: Record<Stage, readonly PromotionTarget[]> = {
  none: ['production', 'candidate', 'staging'],
  staging: ['production', 'candidate'],
  candidate: ['production'],
  production: [],
  archived: ['staging'],
};

/**
 * Where a version may be asked to go from here, the furthest first. Back into production from the archive is
 * the rollback, which has its own button.
 */
export function targetsFrom(stage: Stage): readonly PromotionTarget[] {
  return targets[stage];
}
