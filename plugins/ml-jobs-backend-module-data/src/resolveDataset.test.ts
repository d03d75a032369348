import {
  mockCredentials,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import {
  mlDataServiceRef,
  type MlDataService,
} from '@downstage/plugin-ml-data-node';
import {
  mlJobsDataAccessExtensionPoint,
  mlJobsInputsExtensionPoint,
  mlJobsOutputsExtensionPoint,
  type DataAccess,
  type InputResolver,
  type OutputLookup,
} from '@downstage/plugin-ml-jobs-node';
import mlJobsModuleData from './index';
import { parseDatasetInput } from './resolveDataset';

const file = (name: string, sha256: string) => ({
  path: `/data/v3/${name}`,
  size: 4,
  sha256,
  rows: 1,
});

async function installed(files: ReturnType<typeof file>[]) {
  const resolveDatasetVersion = jest.fn(
    async ({
      params,
    }: Parameters<MlDataService['resolveDatasetVersion']>[0]) => {
      if (params.name === 'none') throw new NotFoundError('no versions yet');
      return {
        ref: 'default/masses@3',
        format: 'csv' as const,
        path: files.length === 1 ? files[0].path : '/data/v3',
        digest: 'sha256:all',
        files,
        table: {
          folder: '/data/v3.table',
          files: ['/data/v3.table/part-00000.parquet'],
        },
        dialect: { delimiter: ';' },
        addresses: {
          files: files.map(({ path, size, sha256 }) => ({
            ...{ name: path.slice('/data/v3/'.length), size, sha256 },
            url: `/v1/${path}`,
          })),
        },
        columns: [{ name: 'x', type: 'DOUBLE' }],
        warnings: [],
      };
    },
  );
  const unused = async () => {
    throw new Error(
      'must not be called: resolving registers and reads nothing else',
    );
  };
  const service: MlDataService = {
    resolveDatasetVersion,
    listDatasets: unused,
    listDatasetVersions: unused,
    getDatasetVersion: unused,
    registerDatasetVersion: unused,
    previewDatasetVersion: unused,
    startDatasetRegistration: unused,
    listDatasetRegistrations: unused,
    getDatasetRegistration: unused,
    cancelDatasetRegistration: unused,
    diffDatasetVersions: unused,
    getDatasetAccess: unused,
    handOverDataset: unused,
    checkDatasetAccess: async ({ body }) => ({
      items: body.datasets.map(dataset => ({
        dataset,
        ...(dataset.includes('secret')
          ? { mayRead: false, message: `${dataset} is restricted` }
          : { mayRead: true, because: 'owner' }),
      })),
    }),
    listDatasetGrants: unused,
    grantDatasetAccess: unused,
    revokeDatasetGrant: unused,
  };
  const resolvers: InputResolver[] = [];
  const lookups: OutputLookup[] = [];
  const access: DataAccess[] = [];
  const backend = await startTestBackend({
    extensionPoints: [
      [
        mlJobsDataAccessExtensionPoint,
        { setDataAccess: given => access.push(given) },
      ],
      [mlJobsInputsExtensionPoint, { addResolver: r => resolvers.push(r) }],
      [mlJobsOutputsExtensionPoint, { addLookup: f => lookups.push(f) }],
    ],
    features: [
      mlJobsModuleData,
      createServiceFactory({
        service: mlDataServiceRef,
        deps: {},
        factory: () => service,
      }),
    ],
  });
  await backend.stop();
  expect(lookups).toHaveLength(1);
  return { access: access[0], resolver: resolvers[0], resolveDatasetVersion };
}

describe('ml-jobs module data', () => {
  const credentials = mockCredentials.user();

  it.each([
    ['dataset:default/masses', 'latest'],
    ['dataset:masses', 'latest'],
    ['default/masses@3', '3'],
    ['masses@3', '3'],
    ['dataset:default/masses@3', '3'],
  ])('reads %s as version %s', (ref, version) => {
    expect(parseDatasetInput(ref)).toEqual({
      namespace: 'default',
      name: 'masses',
      version,
    });
  });

  it('finds the one data set that may not be read behind a hundred others', async () => {
    const { access } = await installed([]);
    const refs = Array.from({ length: 100 }, (_, at) => `default/d${at}@1`);
    const answers = await access.ask([...refs, 'default/secret@1'], {
      credentials,
    });
    expect(answers).toHaveLength(101);
    expect(answers.filter(({ mayRead }) => !mayRead)).toMatchObject([
      { ref: 'default/secret@1' },
    ]);
  });

  it('pins a dataset of one file to its version, with the hash of the file', async () => {
    const { resolver, resolveDatasetVersion } = await installed([
      file('a.csv', 'abc'),
    ]);
    await expect(
      resolver.resolve('dataset:default/masses', { credentials }),
    ).resolves.toEqual({
      ref: 'default/masses@3',
      path: '/data/v3/a.csv',
      sha256: 'abc',
      format: 'csv',
      files: [{ name: 'a.csv', size: 4, sha256: 'abc' }],
      table: '/data/v3.table/part-00000.parquet',
      dialect: { delimiter: ';' },
    });
    expect(resolveDatasetVersion).toHaveBeenCalledWith(
      { params: { namespace: 'default', name: 'masses', version: 'latest' } },
      { credentials },
    );
  });

  it('gives the folder of a dataset of several files, with the digest of all', async () => {
    const { resolver } = await installed([
      file('a.csv', 'a'),
      file('b.csv', 'b'),
    ]);
    await expect(
      resolver.resolve('masses@3', { credentials }),
    ).resolves.toMatchObject({ path: '/data/v3', sha256: 'all' });
  });

  it.each(['model:default/x', 's3://bucket/x', 'masses', 'https://x@3'])(
    'leaves %s to other resolvers',
    async ref => {
      const { resolver, resolveDatasetVersion } = await installed([]);
      await expect(
        resolver.resolve(ref, { credentials }),
      ).resolves.toBeUndefined();
      expect(resolveDatasetVersion).not.toHaveBeenCalled();
    },
  );

  it('asks ml-data which data sets the caller may read, and about nothing else', async () => {
    const { access } = await installed([]);
    await expect(
      access.ask(['default/masses@3', 'secret@1', 's3://bucket/x'], {
        credentials,
      }),
    ).resolves.toEqual([
      { ref: 'default/masses@3', mayRead: true, because: 'owner' },
      { ref: 'secret@1', mayRead: false, message: 'secret@1 is restricted' },
    ]);
  });

  it('passes on that there is no version', async () => {
    const { resolver } = await installed([]);
    await expect(
      resolver.resolve('dataset:default/none', { credentials }),
    ).rejects.toMatchObject({ name: 'NotFoundError' });
  });
});
