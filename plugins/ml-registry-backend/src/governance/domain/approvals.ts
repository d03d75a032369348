import type {
  Approval,
  ApprovalRule,
  PromotionTarget,
} from '@downstage/plugin-ml-registry-common';

/** What config says about one stage: how many, and whom; `owner` stands for the owner of the model. */
type ConfiguredRule = {
  count: number;
  roles: string[];
  everyRole: boolean;
};

type Risk = 'minimal' | 'limited' | 'high';

/** `mlRegistry.approvals`, per risk class and stage. */
export type ApprovalRules = Partial<
  Record<Risk, Partial<Record<'candidate' | 'production', ConfiguredRule>>>
>;

/**
 * Who has to approve, requester and author apart.
 *
 * @remarks
 * Staging is what gates decide. A candidate is approved like production, because it is to answer part of the traffic.
 * Without config: one member of the owning group, two where the risk is high. The entity's own number replaces that
 * one; of a number in config, and of the two, it can only make more.
 */
export function approvalRule(options: {
  to: PromotionTarget;
  risk: Risk;
  approvals?: number;
  owner?: string;
  rules?: ApprovalRules;
}): ApprovalRule {
  const { to, risk, approvals, owner, rules = {} } = options;
  if (to === 'staging') return { count: 0, roles: [], everyRole: false };
  const rule = rules[risk]?.[to];
  const least = rule?.count ?? (risk === 'high' ? 2 : 0);
  const roles = (rule?.roles ?? ['owner']).flatMap(role =>
    role === 'owner' ? owner ?? [] : role,
  );
  return {
    count: Math.max(least, approvals ?? (rule ? 0 : 1)),
    roles: [...new Set(roles)],
    everyRole: rule?.everyRole ?? false,
  };
}

/** What is missing, in words, or `undefined` when everybody approved who has to. */
export function missingApprovals(
  rule: ApprovalRule,
  approvals: Approval[],
): string | undefined {
  const absent = rule.everyRole
    ? rule.roles.filter(
        role => !approvals.some(({ roles }) => roles?.includes(role)),
      )
    : [];
  if (approvals.length >= rule.count && !absent.length) return undefined;
  return `${approvals.length} of ${rule.count} approvals${
    absent.length ? `, none yet of ${absent.join(', ')}` : ''
  }`;
}

/** Why this person may not approve, or `undefined` when they may. */
export function approvalRefusal(options: {
  actor: string;
  /** The roles of the rule that the person has. */
  has: string[];
  rule: ApprovalRule;
  requestedBy: string;
  authors: string[];
}): string | undefined {
  const { actor, has, rule, requestedBy, authors } = options;
  const roles = rule.roles.join(' or ');
  if (actor === requestedBy) {
    return `${actor} asked for this promotion; somebody else of ${roles} has to approve it`;
  }
  if (authors.includes(actor)) {
    return `${actor} made this version; somebody else of ${roles} has to approve it`;
  }
  if (!has.length) {
    return `Only members of ${roles} can approve this promotion, and ${actor} is not one`;
  }
  return undefined;
}
