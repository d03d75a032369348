import { decidePromotion, type PromotionSituation } from './decidePromotion';

const gate = (status: 'passed' | 'failed' | 'pending') => ({
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
  approvals: 0,
  approvalsNeeded: 1,
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
      { state: 'waiting-for-approval', approvals: 1 },
      'apply',
    ],
    [
      'a new champion blocks, approved or not',
      { state: 'waiting-for-approval', approvals: 1, championNow: 3 },
      'block',
    ],
    [
      'a champion that left blocks',
      { state: 'waiting-for-approval', approvals: 1, championAtRequest: 3 },
      'block',
    ],
    [
      'a candidate does not mind a new champion',
      { to: 'candidate', championNow: 3, gates: [gate('passed')] },
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
