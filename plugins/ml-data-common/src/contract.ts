import { z } from 'zod';
import {
  defineContract,
  entityPathSchema,
  pageOf,
  pageQuerySchema,
} from '@downstage/common';
import { datasetFilesSchema, datasetSchema } from './model/dataset';
import { datasetDiffSchema } from './model/datasetDiff';
import {
  datasetVersionSchema,
  datasetVersionSummarySchema,
} from './model/datasetVersion';
import { datasetDialectSchema } from './model/dialect';
import { datasetRegistrationSchema } from './model/registration';

const versionPath = entityPathSchema.extend({
  version: z
    .string()
    .regex(/^(latest|[1-9]\d{0,8})$/, "Expected a version number or 'latest'"),
});

const versionNumber = z.coerce.number<string | number>().int().min(1);

const registrationPath = entityPathSchema.extend({ id: z.string().max(100) });

const registrationBody = z.object({
  /** Another place than the location of the entity, under the same allowed folders. */
  uri: z.string().min(1).max(2000).optional(),
  message: z.string().max(500).optional(),
  /** How the text is written, where the entity does not say so or not rightly. */
  dialect: datasetDialectSchema.optional(),
});

/** The HTTP API of ml-data. */
export const mlDataContract = defineContract({
  listDatasets: {
    method: 'get',
    path: '/v1/datasets',
    summary:
      'The datasets of the catalog by name, each with its latest version',
    query: pageQuerySchema.extend({
      /** `group:default/diagnostics` */
      owner: z.string().max(300).optional(),
      /** Text in the name or the title. */
      text: z.string().max(200).optional(),
    }),
    response: pageOf(datasetSchema),
  },
  listDatasetVersions: {
    method: 'get',
    path: '/v1/datasets/:namespace/:name/versions',
    summary: 'The versions of a dataset, newest first',
    params: entityPathSchema,
    query: pageQuerySchema,
    response: pageOf(datasetVersionSummarySchema),
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
      'Register what the location of a dataset holds now, and wait for it; the same content as the latest version gives that version. What takes longer than a minute goes on in the background',
    params: entityPathSchema,
    body: registrationBody,
    response: datasetVersionSchema,
    status: 201,
  },
  startDatasetRegistration: {
    method: 'post',
    path: '/v1/datasets/:namespace/:name/registrations',
    summary:
      'Register what the location of a dataset holds now, in the background',
    params: entityPathSchema,
    body: registrationBody,
    response: datasetRegistrationSchema,
    status: 202,
  },
  listDatasetRegistrations: {
    method: 'get',
    path: '/v1/datasets/:namespace/:name/registrations',
    summary: 'The registrations of a dataset, newest first',
    params: entityPathSchema,
    query: pageQuerySchema,
    response: pageOf(datasetRegistrationSchema),
  },
  getDatasetRegistration: {
    method: 'get',
    path: '/v1/datasets/:namespace/:name/registrations/:id',
    summary: 'How far a registration is, or how it ended',
    params: registrationPath,
    response: datasetRegistrationSchema,
  },
  cancelDatasetRegistration: {
    method: 'post',
    path: '/v1/datasets/:namespace/:name/registrations/:id/cancel',
    summary: 'Stop a registration; nothing of it stays',
    params: registrationPath,
    response: datasetRegistrationSchema,
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
