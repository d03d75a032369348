import { timestampSchema } from '@downstage/common';
import { z } from 'zod';

/** The right of a group to read the content of guarded data, for a purpose and until a day. */
export const datasetGrantSchema = z.object({
  id: z.string(),
  /** `dataset:default/breast-masses` */
  dataset: z.string(),
  /** `group:default/credit`, or one person. */
  group: z.string(),
  purpose: z.string(),
  until: timestampSchema,
  /** `ended` when its day has come, `revoked` when somebody took it back before. */
  state: z.enum(['active', 'ended', 'revoked']),
  createdBy: z.string(),
  createdAt: timestampSchema,
  revokedBy: z.string().optional(),
  revokedAt: timestampSchema.optional(),
});
export type DatasetGrant = z.infer<typeof datasetGrantSchema>;

/** Whether the caller may read the content of a data set, by which right, or what helps. */
export const datasetAccessSchema = z.object({
  /** `dataset:default/breast-masses` */
  dataset: z.string(),
  owner: z.string().optional(),
  classification: z.string().optional(),
  mayRead: z.boolean(),
  /** The right: `open`, `owner`, `grant` or `plugin`. */
  because: z.string().optional(),
  /** Why not, and whom to ask. */
  message: z.string().optional(),
  /** Whether the caller may give grants. */
  mayGrant: z.boolean(),
});
export type DatasetAccess = z.infer<typeof datasetAccessSchema>;

/** The answer about one of several data sets, for plugins that show what came out of them. */
export const datasetAccessAnswerSchema = z.object({
  /** As it was asked for. */
  dataset: z.string(),
  mayRead: z.boolean(),
  /** The right: `open`, `owner`, `grant` or `plugin`. Every other than `open` is about guarded data. */
  because: z.string().optional(),
  /** The id of the grant that gives the right. */
  grant: z.string().optional(),
  /** Why not, and whom to ask. */
  message: z.string().optional(),
});
export type DatasetAccessAnswer = z.infer<typeof datasetAccessAnswerSchema>;
