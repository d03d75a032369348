import { defineContract, entityPathSchema } from '@downstage/common';
import { z } from 'zod';
import { modelSchema } from '../model/model';

/** Who owns a model: claiming one that nobody owns, handing one over, accepting the catalog file that names its owner. */
export const claimOperations = defineContract({
  claimModel: {
    method: 'post',
    path: '/v1/models/:namespace/:name/claim',
    summary:
      'Claim a model nobody owns, hand one over that is yours, or accept its catalog file',
    params: entityPathSchema,
    body: z.object({
      /**
       * `group:default/diagnostics`. Of a model nobody owns: a group of the caller. Of a model the caller owns:
       * whom it is handed to, or its present owner to accept the file in the catalog.
       */
      owner: z.string().regex(/^(group|user):[^/]+\/.+$/, {
        message: 'Expected an entity ref such as group:default/diagnostics',
      }),
    }),
    response: modelSchema,
  },
});
