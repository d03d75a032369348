import { defineContract, entityPathSchema } from '@downstage/common';
import { z } from 'zod';
import { declaredCardSchema, modelCardSchema } from '../model/card';
import {
  reproductionSchema,
  versionComparisonSchema,
} from '../model/comparison';
import { modelSignatureSchema } from '../model/modelSignature';

const versionNumber = z.coerce.number<string | number>().int().min(1);
const versionPathSchema = entityPathSchema.extend({ version: versionNumber });

/**
 * Cards, signatures, comparison and reproduction of versions. Beside it, as attachments:
 * `GET …/versions/:version/card.md` (Hugging Face) and `GET …/versions/:version/bom.json` (CycloneDX 1.6).
 */
export const cardOperations = defineContract({
  getVersionCard: {
    method: 'get',
    path: '/v1/models/:namespace/:name/versions/:version/card',
    summary: 'The model card: what is verified apart from what is declared',
    params: versionPathSchema,
    response: modelCardSchema,
  },
  saveVersionCard: {
    method: 'put',
    path: '/v1/models/:namespace/:name/versions/:version/card',
    summary: 'Write the declared part of a model card',
    params: versionPathSchema,
    body: declaredCardSchema,
    response: modelCardSchema,
  },
  getModelSignature: {
    method: 'get',
    path: '/v1/models/:namespace/:name/versions/:version/model-signature',
    summary: 'Who signed the files of a version, and whether that holds',
    params: versionPathSchema,
    response: modelSignatureSchema,
  },
  verifyModelSignature: {
    method: 'post',
    path: '/v1/models/:namespace/:name/versions/:version/model-signature',
    summary:
      'Check the signature again, or one that is sent along as a Sigstore bundle',
    params: versionPathSchema,
    body: z.object({ bundle: z.record(z.string(), z.unknown()).optional() }),
    response: modelSignatureSchema,
  },
  compareVersions: {
    method: 'get',
    path: '/v1/models/:namespace/:name/version-comparison',
    summary: 'Two versions side by side',
    params: entityPathSchema,
    query: z.object({
      left: versionNumber,
      right: versionNumber,
      /** The model of the right version, when it is another one. */
      rightModel: z.string().max(300).optional(),
    }),
    response: versionComparisonSchema,
  },
  getReproduction: {
    method: 'get',
    path: '/v1/models/:namespace/:name/versions/:version/reproduction',
    summary: 'How to train a version again, and how that went so far',
    params: versionPathSchema,
    response: reproductionSchema,
  },
  reproduceVersion: {
    method: 'post',
    path: '/v1/models/:namespace/:name/versions/:version/reproduction',
    summary:
      'Train a version again from its commit, data, environment and parameters',
    params: versionPathSchema,
    response: reproductionSchema,
    status: 201,
  },
});
