import type { GateStatus } from '@downstage/plugin-ml-registry-common';
import { decidePromotion, type PromotionSituation } from './decidePromotion';

const gate = (status: GateStatus) => ({
  gate: 'auc',
  status,
  saw: '1',
  wanted: '1',
  message: 'm',
});
const situation: PromotionSituation = {
  state: 'checking',
  to: 'production',
  stage: 'staging',
  gates: [],
  missingApprovals: '0 of 1 approvals',
  changes: [],
};

describe('decidePromotion', () => {
  it.each<[string, Partial<PromotionSituation>, string]>([
    ['a new one is checked', { state: 'requested' }, 'check'],
    ['no gates pass', {}, 'pass'],
    ['all gates passed', { gates: [gate('passed')] }, 'pass'],
    ['a pending gate is waited for', { gates: [gate('pending')] }, 'wait'],
    [
      'a failed gate blocks, pending or not',
      { gates: [gate('pending'), gate('failed')] },
      'block',
    ],
    ['approvals are waited for', { state: 'waiting-for-approval' }, 'wait'],
    [
      'the last approval applies',
      { state: 'waiting-for-approval', missingApprovals: undefined },
      'apply',
    ],
    [
      'approvals of what has changed lapse',
      {
        state: 'waiting-for-approval',
        missingApprovals: undefined,
        changes: ['the files of the version changed'],
      },
      'lapse',
    ],
    [
      'a warning and a waiver let a version pass',
      { gates: [gate('warning'), gate('waived')] },
      'pass',
    ],
    ['an archived version is not promoted', { stage: 'archived' }, 'block'],
    [
      'a version in production is not promoted',
      { stage: 'production' },
      'block',
    ],
    ['a decided one stays', { state: 'rejected' }, 'wait'],
  ])('%s', (_, change, event) => {
    expect(decidePromotion({ ...situation, ...change }).event).toBe(event);
  });
});
