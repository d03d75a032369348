import type { Promotion } from '@downstage/plugin-ml-registry-common';
import { approverStanding } from './approverStanding';
import { isOpen } from '../shared/domain/stages';

type Me = { userEntityRef: string; ownershipEntityRefs: string[] };

export const inboxFilters = ['waiting', 'blocked', 'decided'] as const;

/** Whether a promotion waits for the decision of this person. */
function waitsFor(me: Me | undefined, promotion: Promotion): boolean {
  const { owner, author } = promotion;
  return approverStanding({ me, owner, author, promotion }).may;
}

/** Every promotion in exactly one group, as the inbox of one person shows them; the order stays. */
export function approvalsInbox(
  promotions: readonly Promotion[],
  me: Me | undefined,
) {
  const open = promotions.filter(isOpen);
  const decided = promotions.filter(
    promotion => !isOpen(promotion) && promotion.state !== 'blocked',
  );
  const tookPart = ({ approvals, waivers = [] }: Promotion) =>
    [...approvals, ...waivers].some(({ by }) => by === me?.userEntityRef);
  return {
    mine: open.filter(promotion => waitsFor(me, promotion)),
    others: open.filter(promotion => !waitsFor(me, promotion)),
    blocked: promotions.filter(({ state }) => state === 'blocked'),
    decidedWithMe: decided.filter(tookPart),
    decidedByOthers: decided.filter(promotion => !tookPart(promotion)),
  };
}
