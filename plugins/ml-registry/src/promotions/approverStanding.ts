import { isOpen } from '../shared/domain/stages';
import type { Promotion } from '@downstage/plugin-ml-registry-common';

/** Whether somebody may decide about a promotion, and if not, why. */
export type Standing =
  | { may: true }
  | {
      may: false;
      reason:
        | 'unknown-person'
        | 'not-waiting'
        | 'requester'
        | 'author'
        | 'not-owner'
        | 'already-approved';
    };

/** Whose members decide: the roles of its rule, or the owner. */
export function rolesOf(
  promotion: Pick<Promotion, 'approvalRule' | 'owner'>,
): string[] {
  const roles = promotion.approvalRule?.roles ?? [];
  if (roles.length) return roles;
  return promotion.owner ? [promotion.owner] : [];
}

/**
 * The rule of approval as the page knows it: a member of the owning group, neither the one who asked nor the one
 * who made the version, once. Being an administrator does not help. The server holds the same rule and decides;
 * this one only keeps the page from offering what would be refused.
 */
export function approverStanding(options: {
  me: { userEntityRef: string; ownershipEntityRefs: string[] } | undefined;
  owner: string | undefined;
  promotion: Pick<
    Promotion,
    'requestedBy' | 'approvals' | 'state' | 'approvalRule'
  >;
  author?: string;
}): Standing {
  const { me, owner, promotion, author } = options;
  if (!me) return { may: false, reason: 'unknown-person' };
  if (!isOpen(promotion)) return { may: false, reason: 'not-waiting' };
  if (promotion.requestedBy === me.userEntityRef) {
    return { may: false, reason: 'requester' };
  }
  const roles = rolesOf({ ...promotion, owner });
  if (!roles.some(role => me.ownershipEntityRefs.includes(role))) {
    return { may: false, reason: 'not-owner' };
  }
  if (author === me.userEntityRef) return { may: false, reason: 'author' };
  if (promotion.approvals.some(({ by }) => by === me.userEntityRef)) {
    return { may: false, reason: 'already-approved' };
  }
  if (promotion.state !== 'waiting-for-approval') {
    return { may: false, reason: 'not-waiting' };
  }
  return { may: true };
}
