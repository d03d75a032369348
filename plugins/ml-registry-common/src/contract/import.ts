import { defineContract, pageOf, pageQuerySchema } from '@downstage/common';
import { z } from 'zod';
import {
  importOmissionSchema,
  importStagesSchema,
  registryImportSchema,
} from '../model/import';

const pathSchema = z.object({ id: z.string().min(1).max(64) });

/** Taking over what an MLflow server holds. */
export const importOperations = defineContract({
  startImport: {
    method: 'post',
    path: '/v1/imports',
    summary: 'Import everything of an MLflow server; again adds what is new',
    body: z
      .object({
        uri: z.url().max(2000),
        /** Sent as bearer, or as the password when there is a user. Forgotten when the import ends. */
        token: z.string().max(10_000).optional(),
        user: z.string().max(200).optional(),
        /** Whom experiments, runs and models belong to; nobody unless given. */
        owner: z
          .string()
          .regex(/^(group|user):[^/]+\/.+$/, {
            message: 'Expected an entity ref such as group:default/diagnostics',
          })
          .optional(),
        stages: importStagesSchema.default('record'),
        /** Needed with `enter`: it stands in the ledger. */
        reason: z.string().min(10).max(2000).optional(),
      })
      .refine(body => body.stages !== 'enter' || body.reason, {
        message: 'Entering production past the gates needs a reason',
      }),
    response: registryImportSchema,
  },
  listImports: {
    method: 'get',
    path: '/v1/imports',
    summary: 'Imports, newest first',
    query: pageQuerySchema.extend({
      limit: pageQuerySchema.shape.limit.default(100),
    }),
    response: pageOf(registryImportSchema),
  },
  getImport: {
    method: 'get',
    path: '/v1/imports/:id',
    summary: 'One import with its progress',
    params: pathSchema,
    response: registryImportSchema,
  },
  listImportOmissions: {
    method: 'get',
    path: '/v1/imports/:id/omissions',
    summary: 'What an import left out, and why',
    params: pathSchema,
    query: pageQuerySchema,
    response: pageOf(importOmissionSchema),
  },
  cancelImport: {
    method: 'post',
    path: '/v1/imports/:id/cancel',
    summary: 'Stop an import; what is here stays',
    params: pathSchema,
    body: z.object({}),
    response: registryImportSchema,
  },
});
