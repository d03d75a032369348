import { defineContract, pageOf, widePageQuerySchema } from '@downstage/common';
import { z } from 'zod';
import {
  ledgerActionSchema,
  ledgerEntrySchema,
  productionAtSchema,
  productionChangeSchema,
} from '../model/ledger';

const momentSchema = z.iso
  .datetime({ offset: true })
  .or(z.iso.date())
  .describe('2026-03-01 (UTC, from its first moment) or 2026-03-01T10:00:00Z');

/** What to look at in the ledger; the raw route `GET /v1/ledger/export` takes the same and `format`. */
export const ledgerFilterSchema = z.object({
  /** `model:default/tumour-malignancy` or a name, also one the model had before. */
  model: z.string().max(300).optional(),
  actor: z.string().max(255).optional(),
  action: ledgerActionSchema.optional(),
  version: z.coerce.number<string | number>().int().min(1).optional(),
  /** Inclusive. */
  from: momentSchema.optional(),
  /** Exclusive. */
  to: momentSchema.optional(),
  flagged: z.stringbool().or(z.boolean()).optional(),
});

/**
 * The ledger: every change of a model or version. Beside it, not JSON: `GET /v1/ledger/export?format=csv|json` with
 * the same filters, streamed as an attachment.
 */
export const ledgerOperations = defineContract({
  listLedger: {
    method: 'get',
    path: '/v1/ledger',
    summary: 'Changes of models and versions, newest first',
    query: ledgerFilterSchema.extend({
      cursor: z
        .string()
        .regex(/^\d{1,12}$/)
        .optional(),
      limit: z.coerce
        .number<string | number>()
        .int()
        .min(1)
        .max(500)
        .default(50),
    }),
    response: z.object({
      items: z.array(ledgerEntrySchema),
      nextCursor: z.string().optional(),
    }),
  },
  productionOn: {
    method: 'get',
    path: '/v1/ledger/production',
    summary: 'Which versions were in production on a day, or at a moment',
    query: widePageQuerySchema.extend({
      at: momentSchema,
      model: z.string().max(300).optional(),
    }),
    response: pageOf(productionAtSchema),
  },
  productionChanges: {
    method: 'get',
    path: '/v1/ledger/production-changes',
    summary: 'What is in production differently between two moments',
    query: widePageQuerySchema.extend({
      from: momentSchema,
      to: momentSchema,
      model: z.string().max(300).optional(),
    }),
    response: pageOf(productionChangeSchema),
  },
});
