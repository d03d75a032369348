import { aPromotion } from '../__testUtils__/examples';
import { approverStanding } from './approverStanding';

const owner = 'group:default/diagnostics';
const someone = (name: string, ...groups: string[]) => ({
  userEntityRef: `user:default/${name}`,
  ownershipEntityRefs: [`user:default/${name}`, ...groups],
});

describe('approverStanding', () => {
  it.each([
    [
      'lets another member of the owning group decide',
      'eve',
      [owner],
      {},
      true,
    ],
    ['refuses the one who asked', 'ann', [owner], {}, 'requester'],
    [
      'refuses the one who made the version',
      'ben',
      [owner],
      { author: 'user:default/ben' },
      'author',
    ],
    ['refuses another team', 'cleo', ['group:default/credit'], {}, 'not-owner'],
    [
      'refuses a second approval by the same person',
      'eve',
      [owner],
      { approvals: [{ by: 'user:default/eve', at: '2026-11-20T11:30:00Z' }] },
      'already-approved',
    ],
    [
      'offers nothing while gates are checked',
      'eve',
      [owner],
      { state: 'checking' },
      'not-waiting',
    ],
    [
      'offers nothing once it is decided',
      'eve',
      [owner],
      { state: 'rejected' },
      'not-waiting',
    ],
  ] as const)('%s', (_, name, groups, change, expected) => {
    const promotion = aPromotion({
      ...change,
      ...('approvals' in change && { approvals: [...change.approvals] }),
    } as Parameters<typeof aPromotion>[0]);
    const standing = approverStanding({
      me: someone(name, ...groups),
      owner,
      author: promotion.author,
      promotion,
    });
    expect(standing).toEqual(
      expected === true ? { may: true } : { may: false, reason: expected },
    );
  });

  it('offers nothing before it is known who asks', () => {
    expect(
      approverStanding({ me: undefined, owner, promotion: aPromotion() }),
    ).toEqual({ may: false, reason: 'unknown-person' });
  });

  it('refuses everybody while nobody owns the model', () => {
    expect(
      approverStanding({
        me: someone('eve', owner),
        owner: undefined,
        promotion: aPromotion(),
      }),
    ).toEqual({ may: false, reason: 'not-owner' });
  });
});
