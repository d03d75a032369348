import type { Stage } from '@downstage/plugin-ml-registry-common';

/**
 * How many people other than requester and author have to approve.
 *
 * @remarks
 * Staging is what gates decide. A candidate is approved like production, because it is to answer part of the traffic.
 * `high` risk asks for two whatever the entity says; otherwise the entity's own number, one unless given.
 */
export function approvalsNeeded(options: {
  to: Stage;
  risk: 'minimal' | 'limited' | 'high';
  approvals?: number;
}): number {
  const { to, risk, approvals = 1 } = options;
  if (to === 'staging') return 0;
  return risk === 'high' ? Math.max(2, approvals) : approvals;
}

/** Why this person may not approve, or `undefined` when they may. */
export function approvalRefusal(options: {
  actor: string;
  owns: boolean;
  owner: string;
  requestedBy: string;
  author?: string;
}): string | undefined {
  const { actor, owns, owner, requestedBy, author } = options;
  if (actor === requestedBy) {
    return `${actor} asked for this promotion; somebody else of ${owner} has to approve it`;
  }
  if (actor === author) {
    return `${actor} made this version; somebody else of ${owner} has to approve it`;
  }
  if (!owns) {
    return `Only members of ${owner} can approve this promotion, and ${actor} is not one`;
  }
  return undefined;
}
