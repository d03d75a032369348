import { timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { datasetInputSchema, signatureSchema } from './version';

const text = z.string().max(20_000);

/** The fields of a card that people fill in, and what each is for. All of them are Markdown. */
export const cardFields = {
  overview: 'What the model does, in two sentences.',
  intendedUse: 'What it was made for.',
  outOfScopeUse: 'What it must not be used for.',
  users: 'Who works with its answers.',
  limitations: 'Where it is known to be weak.',
  ethicalConsiderations: 'Who may be harmed, and what was done about it.',
  tradeoffs: 'What was given up for what.',
  licence: 'An SPDX id such as Apache-2.0, or the name of the contract.',
  contacts: 'Whom to ask.',
  references: 'Papers, tickets, pages.',
} as const satisfies Record<string, string>;
export type CardField = keyof typeof cardFields;

export function isCardField(word: string): word is CardField {
  return Object.hasOwn(cardFields, word);
}
export const cardFieldNames = Object.keys(cardFields).filter(isCardField);

/** What somebody typed in. Nobody has checked it. */
export const declaredCardSchema = z.strictObject({
  overview: text.optional(),
  intendedUse: text.optional(),
  outOfScopeUse: text.optional(),
  users: text.optional(),
  limitations: text.optional(),
  ethicalConsiderations: text.optional(),
  tradeoffs: text.optional(),
  licence: z.string().max(200).optional(),
  contacts: text.optional(),
  references: text.optional(),
  /** Whatever fits no field. */
  body: text.optional(),
});
export type DeclaredCard = z.infer<typeof declaredCardSchema>;

/** A metric the registry holds. `slice` is the part of the data it speaks of, from a name such as `auc/age=young`. */
const cardMetricSchema = z.object({
  name: z.string(),
  value: z.number(),
  slice: z.string().optional(),
  dataset: z.object({ name: z.string(), digest: z.string() }).optional(),
});
export type CardMetric = z.infer<typeof cardMetricSchema>;

/** What the registry itself computed or recorded. */
const verifiedCardSchema = z.object({
  metrics: z.array(cardMetricSchema),
  datasets: z.array(datasetInputSchema),
  files: z.object({
    /** Over paths, sizes and checksums of all of them. */
    digest: z.string(),
    items: z.array(
      z.object({
        path: z.string(),
        size: z.number().int().optional(),
        sha256: z.string().optional(),
      }),
    ),
  }),
  environment: z.object({
    python: z.string().optional(),
    mlflow: z.string().optional(),
    /** The environment of the job, by its hash or name. */
    lock: z.string().optional(),
    requirements: z.array(z.string()),
  }),
  flavors: z.array(z.string()),
  signature: signatureSchema.optional(),
  params: z.record(z.string(), z.string()),
  lineage: z.object({
    runId: z.string().optional(),
    experimentId: z.string().optional(),
    jobId: z.string().optional(),
    commit: z.string().optional(),
    source: z.string(),
    features: z.array(z.string()),
    createdBy: z.string(),
    createdAt: timestampSchema,
  }),
});
export type VerifiedCard = z.infer<typeof verifiedCardSchema>;

const cardCompletenessSchema = z.object({
  filled: z.array(z.string()),
  missing: z.array(z.string()),
});

export const modelCardSchema = z.object({
  ref: z.string(),
  modelRef: z.string(),
  name: z.string(),
  version: z.number().int(),
  stage: z.string(),
  owner: z.string().optional(),
  verified: verifiedCardSchema,
  declared: declaredCardSchema,
  /** Absent: nothing was saved for this version, and `declared` is a proposal. */
  saved: z.object({ at: timestampSchema, by: z.string() }).optional(),
  /** Where the proposal comes from: an earlier version, or the model's description. */
  proposedFrom: z.string().optional(),
  /** Of what was saved. */
  completeness: cardCompletenessSchema,
});
export type ModelCard = z.infer<typeof modelCardSchema>;
