import { z } from 'zod';
import {
  defineContract,
  entityPathSchema,
  pageOf,
  pageQuerySchema,
} from '@downstage/common';
import {
  datasetAccessAnswerSchema,
  datasetAccessSchema,
  datasetGrantSchema,
} from './model/access';
import { datasetFilesSchema, datasetSchema } from './model/dataset';
import { datasetDiffSchema } from './model/datasetDiff';
import {
  datasetVersionSchema,
  datasetVersionSummarySchema,
} from './model/datasetVersion';
import { datasetDialectSchema } from './model/dialect';
import { datasetPreviewSchema } from './model/preview';
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

/** So many data sets are asked about in one question. */
export const mostDatasetsChecked = 50;

/**
 * The HTTP API of ml-data. Beside it, not JSON: `GET /v1/datasets/:namespace/:name/versions/:version/content`, the
 * bytes of one file; `datasetContentPath` writes its address.
 */
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
  handOverDataset: {
    method: 'post',
    path: '/v1/datasets/:namespace/:name/owner',
    summary:
      'Hand over a dataset with versions; until then the owner of its first version counts, whatever the catalog says',
    params: entityPathSchema,
    body: z.object({
      /** `group:default/diagnostics` */
      owner: z.string().regex(/^(group|user):[^/]+\/.+$/, {
        message: 'Expected an entity ref such as group:default/diagnostics',
      }),
    }),
    response: z.object({ owner: z.string() }),
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
      'Register what the location of a dataset holds now, and wait for it; the same content as the latest version gives that version. A registration longer than a minute goes on in the background',
    params: entityPathSchema,
    body: registrationBody,
    response: datasetVersionSchema,
    status: 201,
  },
  previewDatasetVersion: {
    method: 'post',
    path: '/v1/datasets/:namespace/:name/preview',
    summary:
      'How the text at the location of a dataset would be read now: its first rows, or why it would be refused. Reads the beginning of a few files and keeps nothing',
    params: entityPathSchema,
    body: registrationBody.omit({ message: true }),
    response: datasetPreviewSchema,
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
  getDatasetAccess: {
    method: 'get',
    path: '/v1/datasets/:namespace/:name/access',
    summary:
      'Whether the caller may read the content of a dataset, by which right, or whom to ask',
    params: entityPathSchema,
    response: datasetAccessSchema,
  },
  checkDatasetAccess: {
    method: 'post',
    path: '/v1/access/check',
    summary:
      'Whether the caller may read each of some datasets; nothing is changed',
    body: z.object({
      /** Refs of datasets or of their versions. */
      datasets: z.array(z.string().min(1).max(300)).max(mostDatasetsChecked),
    }),
    response: z.object({ items: z.array(datasetAccessAnswerSchema) }),
  },
  listDatasetGrants: {
    method: 'get',
    path: '/v1/datasets/:namespace/:name/grants',
    summary: 'Who may read besides the owner, newest first; for owners',
    params: entityPathSchema,
    query: pageQuerySchema,
    response: pageOf(datasetGrantSchema),
  },
  grantDatasetAccess: {
    method: 'post',
    path: '/v1/datasets/:namespace/:name/grants',
    summary: 'Give a group the right to read, for a purpose, until a day',
    params: entityPathSchema,
    body: z.object({
      /** `group:default/credit`, or one person. */
      group: z.string().min(1).max(300),
      purpose: z.string().min(3).max(500),
      until: z.iso.datetime({ offset: true }),
    }),
    response: datasetGrantSchema,
    status: 201,
  },
  revokeDatasetGrant: {
    method: 'post',
    path: '/v1/datasets/:namespace/:name/grants/:id/revoke',
    summary: 'Take a right to read back, at once',
    params: entityPathSchema.extend({ id: z.string().max(100) }),
    response: datasetGrantSchema,
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
    summary:
      'The files of a version, verified by their hashes: by path on the machine of the portal, and by address',
    params: versionPath,
    response: datasetFilesSchema,
  },
});
