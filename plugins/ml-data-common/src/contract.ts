import { z } from 'zod';
import { defineContract, entityPathSchema } from '@downstage/common';
import { datasetFilesSchema, datasetSchema } from './model/dataset';
import { datasetDiffSchema } from './model/datasetDiff';
import {
  datasetVersionSchema,
  datasetVersionSummarySchema,
} from './model/datasetVersion';

const versionPath = entityPathSchema.extend({
  version: z
    .string()
    .regex(/^(latest|[1-9]\d{0,8})$/, "Expected a version number or 'latest'"),
});

const versionNumber = z.coerce.number<string | number>().int().min(1);

/** The HTTP API of ml-data. */
export const mlDataContract = defineContract({
  listDatasets: {
    method: 'get',
    path: '/v1/datasets',
    summary: 'The datasets of the catalog, each with its latest version',
    response: z.object({ items: z.array(datasetSchema) }),
  },
  listDatasetVersions: {
    method: 'get',
    path: '/v1/datasets/:namespace/:name/versions',
    summary: 'The versions of a dataset, newest first',
    params: entityPathSchema,
    response: z.object({ items: z.array(datasetVersionSummarySchema) }),
  },
  getDatasetVersion: {
    method: 'get',
    path: '/v1/datasets/:namespace/:name/versions/:version',
    summary: 'One version with its files, schema and profile',
    params: versionPath,
    response: datasetVersionSchema,
  },
  registerDatasetVersion: {
    method: 'post',
    path: '/v1/datasets/:namespace/:name/versions',
    summary:
      'Register what the location of a dataset holds now; the same content as the latest version gives that version',
    params: entityPathSchema,
    body: z.object({
      /** Another place than the location of the entity, under the same allowed folders. */
      uri: z.string().min(1).max(2000).optional(),
      message: z.string().max(500).optional(),
    }),
    response: datasetVersionSchema,
    status: 201,
  },
  diffDatasetVersions: {
    method: 'get',
    path: '/v1/datasets/:namespace/:name/diff',
    summary: 'What changed from one version to another',
    params: entityPathSchema,
    query: z.object({ from: versionNumber, to: versionNumber }),
    response: datasetDiffSchema,
  },
  resolveDatasetVersion: {
    method: 'get',
    path: '/v1/datasets/:namespace/:name/versions/:version/files',
    summary: 'The files of a version on this machine, verified by their hashes',
    params: versionPath,
    response: datasetFilesSchema,
  },
});
