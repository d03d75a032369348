import { defineContract, entityPathSchema } from '@downstage/common';
import { z } from 'zod';
import { modelSchema } from '../model/model';

/** Taking on a model that was registered from code and belongs to nobody. */
export const claimOperations = defineContract({
  claimModel: {
    method: 'post',
    path: '/v1/models/:namespace/:name/claim',
    summary: 'Take on a model nobody owns, for one of the caller’s own groups',
    params: entityPathSchema,
    body: z.object({
      /** `group:default/diagnostics`; the caller has to belong to it. */
      owner: z.string().regex(/^(group|user):[^/]+\/.+$/, {
        message: 'Expected an entity ref such as group:default/diagnostics',
      }),
    }),
    response: modelSchema,
  },
});
