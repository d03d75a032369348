import {
  promotionStateSchema,
  stageSchema,
} from '@downstage/plugin-ml-registry-common';
import { approvalRefusal, approvalRule, missingApprovals } from './approvals';
import {
  isDecided,
  nextPromotionState,
  promotionTable,
} from './promotionStates';
import {
  isPromotable,
  stageStep,
  stageTable,
} from '../../versions/domain/stages';

describe('the stage table', () => {
  it('has a row for every stage, and leads to known ones only', () => {
    expect(Object.keys(stageTable).sort()).toEqual(
      [...stageSchema.options].sort(),
    );
  });

  it('leads into production by promotion or rollback alone', () => {
    const ways = stageSchema.options.map(from => stageStep(from, 'production'));
    expect(ways).toEqual([
      'promotion',
      'promotion',
      'promotion',
      undefined,
      'rollback',
    ]);
  });

  it.each([
    ['staging', 'production', true],
    ['none', 'staging', true],
    ['archived', 'production', false],
    ['production', 'candidate', false],
  ] as const)('promotes from %s to %s: %p', (from, to, expected) => {
    expect(isPromotable(from, to)).toBe(expected);
  });
});

describe('the promotion table', () => {
  it('has a row for every state and ends in four of them', () => {
    expect(Object.keys(promotionTable)).toEqual(promotionStateSchema.options);
    expect(promotionStateSchema.options.filter(isDecided)).toEqual([
      'approved',
      'blocked',
      'rejected',
      'withdrawn',
    ]);
  });

  it('applies only what waits for approval', () => {
    const states = promotionStateSchema.options.filter(state =>
      nextPromotionState(state, 'apply'),
    );
    expect(states).toEqual(['waiting-for-approval']);
  });
});

describe('approvals', () => {
  it.each([
    [{ to: 'production', risk: 'minimal' }, 1],
    [{ to: 'production', risk: 'minimal', approvals: 0 }, 0],
    [{ to: 'production', risk: 'limited', approvals: 3 }, 3],
    [{ to: 'production', risk: 'high', approvals: 1 }, 2],
    [{ to: 'production', risk: 'high', approvals: 3 }, 3],
    [{ to: 'candidate', risk: 'high' }, 2],
    [{ to: 'staging', risk: 'high' }, 0],
  ] as const)('%j needs %p', (options, expected) => {
    expect(approvalRule({ ...options, owner: 'diagnostics' }).count).toBe(
      expected,
    );
  });

  it('takes number and roles from config, where the owner is one of them', () => {
    const rules = {
      high: {
        production: { count: 3, roles: ['owner', 'risk'], everyRole: true },
      },
    };
    const rule = approvalRule({
      to: 'production',
      risk: 'high',
      approvals: 1,
      owner: 'diagnostics',
      rules,
    });
    expect(rule).toEqual({
      count: 3,
      roles: ['diagnostics', 'risk'],
      everyRole: true,
    });
    const by = (name: string, role: string) => ({
      by: name,
      at: '',
      roles: [role],
    });
    const three = ['ann', 'ben', 'eve'].map(name => by(name, 'diagnostics'));
    expect(missingApprovals(rule, three)).toBe(
      '3 of 3 approvals, none yet of risk',
    );
    expect(
      missingApprovals(rule, [...three, by('rita', 'risk')]),
    ).toBeUndefined();
  });

  const refusalOf = (actor: string, owns: boolean) =>
    approvalRefusal({
      actor,
      has: owns ? ['diagnostics'] : [],
      rule: { count: 1, roles: ['diagnostics'], everyRole: false },
      requestedBy: 'ann',
      authors: ['eve'],
    });

  it('lets another owner approve', () => {
    expect(refusalOf('ben', true)).toBeUndefined();
  });

  it.each([
    ['cleo', false, /Only members of diagnostics/],
    ['ann', true, /asked for this/],
    ['eve', true, /made this version/],
  ])('does not let %s approve', (actor, owns, reason) => {
    expect(refusalOf(actor, owns)).toMatch(reason);
  });
});
