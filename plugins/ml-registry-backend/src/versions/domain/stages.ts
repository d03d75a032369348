import type { Stage } from '@downstage/plugin-ml-registry-common';

/**
 * How a version may get from one stage to another.
 *
 * - `gates`: by itself, once its gates pass
 * - `promotion`: asked for, checked, approved
 * - `owner`: an owner says so
 * - `rollback`: an owner brings an earlier production version back
 */
export type StageStep = 'gates' | 'promotion' | 'owner' | 'rollback';

/** The whole table; what is not in it is not possible. */
export const stageTable: Record<Stage, Partial<Record<Stage, StageStep>>> = {
  none: {
    staging: 'gates',
    candidate: 'promotion',
    production: 'promotion',
    archived: 'owner',
  },
  staging: {
    candidate: 'promotion',
    production: 'promotion',
    archived: 'owner',
  },
  candidate: {
    staging: 'owner',
    production: 'promotion',
    archived: 'owner',
  },
  production: { archived: 'owner' },
  archived: { staging: 'gates', production: 'rollback' },
};

/** The step from one stage to another, if there is one. */
export function stageStep(from: Stage, to: Stage): StageStep | undefined {
  return stageTable[from][to];
}

/** Whether a promotion may bring a version from here to there. */
export function isPromotable(from: Stage, to: Stage): boolean {
  const step = stageStep(from, to);
  return step === 'promotion' || step === 'gates';
}

/** Where the version goes that held a stage only one version may hold. */
export const displacedTo: Partial<Record<Stage, Stage>> = {
  production: 'archived',
  candidate: 'staging',
};
