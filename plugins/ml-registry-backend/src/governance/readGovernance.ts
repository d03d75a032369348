import type { RootConfigService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { cardFieldNames } from '@downstage/plugin-ml-registry-common';
import { z } from 'zod';
import type { ApprovalRules } from './domain/approvals';
import {
  defaultPolicy,
  type GovernancePolicy,
} from '../versions/domain/policy';

/** `mlRegistry.approvals`, `cardFields`, `protectedAliases` and `policyTags` of the configuration. */
export type GovernanceOptions = {
  policy?: GovernancePolicy;
  approvals?: ApprovalRules;
  /** Fields of the model card that have to be filled, per risk class. */
  cardFields?: Partial<Record<'minimal' | 'limited' | 'high', string[]>>;
  /** Groups that are told when somebody goes past a gate. */
  administrators?: string[];
};

const cardField = z
  .string()
  .refine(field => cardFieldNames.some(known => known === field), {
    error: ({ input }) =>
      `The model card has no field '${input}', so no version could ever pass; it has ${cardFieldNames.join(
        ', ',
      )}`,
  });
const ruleSchema = z.strictObject({
  count: z.number().int().min(1).max(20),
  /** `owner`, or refs such as `group:default/model-risk`. */
  roles: z
    .array(
      z
        .string()
        .regex(
          /^(owner|(group|user):[^:/]+\/[^:/]+)$/,
          "Expected 'owner' or a ref such as group:default/model-risk",
        ),
    )
    .min(1)
    .default(['owner']),
  everyRole: z.boolean().default(false),
});
const rulesSchema = z.strictObject({
  candidate: ruleSchema.optional(),
  production: ruleSchema.optional(),
});
const perRisk = <T extends z.ZodType>(schema: T) =>
  z.strictObject({
    minimal: schema.optional(),
    limited: schema.optional(),
    high: schema.optional(),
  });

/** @throws InputError that names what is wrong */
export function readGovernance(config: RootConfigService): GovernanceOptions {
  const read = <T extends z.ZodType>(key: string, schema: T) => {
    const found = schema.safeParse(config.getOptional(key) ?? {});
    if (found.success) return found.data;
    throw new InputError(
      `${key} cannot be used: ${z.prettifyError(found.error)}`,
    );
  };
  return {
    policy: {
      protectedAliases:
        config.getOptionalStringArray('mlRegistry.protectedAliases') ??
        defaultPolicy.protectedAliases,
      policyTags:
        config.getOptionalStringArray('mlRegistry.policyTags') ??
        defaultPolicy.policyTags,
    },
    approvals: read('mlRegistry.approvals', perRisk(rulesSchema)),
    cardFields: read('mlRegistry.cardFields', perRisk(z.array(cardField))),
    administrators:
      config.getOptionalStringArray('downstage.administrators') ?? [],
  };
}
