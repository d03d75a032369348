import type {
  ApprovalRule,
  PromotionTarget,
} from '@downstage/plugin-ml-registry-common';
import { approvalRule, type ApprovalRules } from './domain/approvals';
import type { ModelProfile } from '../owners/ModelProfiles';

export type RuleOptions = {
  /** `mlRegistry.approvals` of the configuration. */
  rules?: ApprovalRules;
};

/** Who has to approve a promotion of this model, as entity and configuration say now. */
export function ruleOf(
  options: RuleOptions & {
    to: PromotionTarget;
    profile: ModelProfile;
    owner?: string;
  },
): ApprovalRule {
  const { profile, to, owner, rules } = options;
  const { risk, approvals } = profile;
  return approvalRule({ to, risk, approvals, owner, rules });
}
