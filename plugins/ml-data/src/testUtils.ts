import type {
  DatasetGrant,
  DatasetPreview,
  DatasetRegistration,
  DatasetVersion,
  DatasetVersionSummary,
} from '@downstage/plugin-ml-data-common';
import type { MlDataApi } from './shared/api';

export const diagnostics = 'group:default/diagnostics';

export const dataset = {
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Dataset',
  metadata: { name: 'masses', namespace: 'default', title: 'Breast masses' },
  spec: {
    type: 'table',
    lifecycle: 'production',
    owner: diagnostics,
    location: { uri: 'masses.csv' },
    freshness: { maxAge: 'P1D' },
  },
  relations: [
    { type: 'ownedBy', targetRef: diagnostics },
    { type: 'trainingDataFor', targetRef: 'model:default/tumour-malignancy' },
  ],
};

export const feature = {
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Feature',
  metadata: { name: 'cells', namespace: 'default', title: 'Cell nuclei' },
  spec: {
    type: 'batch',
    lifecycle: 'production',
    owner: diagnostics,
    entities: ['mass_id'],
    ttl: 'P30D',
    features: [
      {
        name: 'radius',
        type: 'double',
        description: 'Mean radius',
        unit: 'µm',
      },
      { name: 'absent', type: 'double' },
    ],
  },
  relations: [
    { type: 'ownedBy', targetRef: diagnostics },
    { type: 'computedFrom', targetRef: 'dataset:default/masses' },
    { type: 'featureConsumedBy', targetRef: 'model:default/tumour-malignancy' },
  ],
};

export function aSummary(version: number): DatasetVersionSummary {
  return {
    ref: `default/masses@${version}`,
    version,
    createdAt: '2026-11-20T00:00:00.000Z',
    createdBy: 'user:default/ann',
    format: 'csv',
    rows: 569,
    bytes: 120_000,
    columns: 2,
    digest: `sha256:${'0'.repeat(63)}${version}`,
    message: `delivery ${version}`,
  };
}

export function aVersion(version: number): DatasetVersion {
  const { columns, ...summary } = aSummary(version);
  return {
    ...summary,
    uri: 'masses.csv',
    files: [],
    schema: [
      {
        name: 'radius',
        type: 'DOUBLE',
        nullable: false,
        description: 'Mean distance from centre to perimeter',
        unit: 'µm',
      },
      { name: 'diagnosis', type: 'VARCHAR', nullable: true },
    ],
    profile: {
      columns: [
        {
          name: 'radius',
          type: 'DOUBLE',
          count: 569,
          nulls: 0,
          distinct: 456,
          min: 6.981,
          max: 28.11,
          mean: 14.127,
          stddev: 3.524,
          histogram: { edges: [6.981, 17.5, 28.11], counts: [400, 169] },
        },
        {
          name: 'diagnosis',
          type: 'VARCHAR',
          count: 560,
          nulls: 9,
          distinct: 2,
          topValues: [
            { value: 'B', count: 350 },
            { value: 'M', count: 210 },
          ],
        },
      ],
    },
  };
}

export function aRegistration(
  over: Partial<DatasetRegistration> = {},
): DatasetRegistration {
  return {
    id: 'r1',
    dataset: 'dataset:default/masses',
    state: 'queued',
    uri: 'masses.csv',
    createdBy: 'user:default/ann',
    createdAt: '2026-11-20T00:00:00.000Z',
    ...over,
  };
}

/** Two rows of three columns, all that there is. */
export function aPreview(over: Partial<DatasetPreview> = {}): DatasetPreview {
  return {
    uri: 'masses.csv',
    format: 'csv',
    files: [{ path: 'masses.csv', size: 40, looked: 40 }],
    allFiles: 1,
    complete: true,
    dialect: { delimiter: ';' },
    columns: [
      { name: 'radius', type: 'DOUBLE' },
      { name: 'label', type: 'VARCHAR' },
      { name: 'note', type: 'VARCHAR' },
    ],
    allColumns: 3,
    rows: [
      ['17.9', 'M', null],
      ['11.2', 'B', ''],
    ],
    lookedRows: 2,
    notes: [],
    ...over,
  };
}

/** The right of Credit to read, until a day far away. */
export function aGrant(over: Partial<DatasetGrant> = {}): DatasetGrant {
  return {
    id: 'g1',
    dataset: 'dataset:default/masses',
    group: 'group:default/credit',
    purpose: 'Compare with our scores',
    until: '2100-01-01T00:00:00.000Z',
    state: 'active',
    createdBy: 'user:default/ann',
    createdAt: '2026-03-01T10:00:00.000Z',
    ...over,
  };
}

/** ml-data with the given number of versions; any operation can be replaced. */
export function aDataApi(
  versions: number,
  over: Partial<MlDataApi> = {},
): MlDataApi {
  const numbers = Array.from({ length: versions }, (_, i) => versions - i);
  return {
    listDatasets: async ({ query }) => ({
      items: [
        {
          ref: 'dataset:default/masses',
          namespace: 'default',
          name: 'masses',
          title: 'Breast masses',
          owner: diagnostics,
          type: 'table',
          classification: 'confidential',
          maxAge: 'P1D',
          latest: versions ? aSummary(versions) : undefined,
        },
      ].filter(item => `${item.name} ${item.title}`.includes(query.text ?? '')),
    }),
    listDatasetVersions: async () => ({ items: numbers.map(aSummary) }),
    getDatasetVersion: async ({ params }) => aVersion(Number(params.version)),
    registerDatasetVersion: async () => aVersion(versions + 1),
    previewDatasetVersion: async () => aPreview(),
    startDatasetRegistration: async () =>
      aRegistration({ state: 'ready', version: versions + 1 }),
    listDatasetRegistrations: async () => ({ items: [] }),
    getDatasetRegistration: async () =>
      aRegistration({ state: 'ready', version: versions + 1 }),
    cancelDatasetRegistration: async () =>
      aRegistration({ state: 'cancelled' }),
    handOverDataset: async ({ body }) => ({ owner: body.owner }),
    getDatasetAccess: async () => ({
      dataset: 'dataset:default/masses',
      owner: diagnostics,
      classification: 'confidential',
      mayRead: true,
      because: 'owner',
      mayGrant: true,
    }),
    checkDatasetAccess: async ({ body }) => ({
      items: body.datasets.map(ref => ({ dataset: ref, mayRead: true })),
    }),
    listDatasetGrants: async () => ({ items: [] }),
    grantDatasetAccess: async ({ body }) => aGrant(body),
    revokeDatasetGrant: async () => aGrant({ state: 'revoked' }),
    diffDatasetVersions: async ({ query }) => ({
      from: `default/masses@${query.from}`,
      to: `default/masses@${query.to}`,
      identical: query.from === query.to,
      rows: { from: 569, to: 600, delta: 31 },
      bytes: { from: 120_000, to: 130_000, delta: 10_000 },
      schema: {
        added: [{ name: 'area', type: 'DOUBLE', nullable: false }],
        removed: [],
        changed: [],
      },
      columns: [
        {
          name: 'radius',
          nullRate: { from: 0, to: 0, delta: 0 },
          distinct: { from: 456, to: 470, delta: 14 },
          mean: { from: 14.1, to: 16.2, delta: 2.1 },
          shift: 0.6,
        },
      ],
    }),
    resolveDatasetVersion: async () => {
      throw new Error('pages do not read files');
    },
    ...over,
  };
}
