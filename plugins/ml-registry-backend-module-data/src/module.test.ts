import { createServiceFactory } from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  startTestBackend,
} from '@backstage/backend-test-utils';
import type { DatasetQuality } from '@downstage/plugin-ml-data-common';
import {
  mlDataServiceRef,
  type MlDataService,
} from '@downstage/plugin-ml-data-node';
import {
  mlRegistryDataAccessExtensionPoint,
  mlRegistryGatesExtensionPoint,
  type DataAccess,
  type Gate,
  type GateSubject,
} from '@downstage/plugin-ml-registry-node';
import mlRegistryModuleData from './index';

const subject: GateSubject = {
  modelRef: 'model:default/tumour-malignancy',
  versionRef: 'default/tumour-malignancy@2',
  version: 2,
  to: 'production',
  metrics: {},
  flavors: [],
  tags: {},
  running: false,
  dataQuality: 'passed',
  datasets: [{ name: 'masses', digest: 'a1', ref: 'default/masses@1' }],
};

const rows = (state: DatasetQuality['state']): DatasetQuality => ({
  state,
  checks: [{ of: 'rows', wanted: 'at least 500', saw: '12', state }],
});

const stops: (() => Promise<void>)[] = [];

/** What the module installs, in front of an ml-data that answers so. */
async function install(data: Partial<MlDataService>) {
  const addGate = jest.fn((_gate: Gate) => {});
  const setDataAccess = jest.fn((_access: DataAccess) => {});
  const backend = await startTestBackend({
    extensionPoints: [
      [mlRegistryGatesExtensionPoint, { addGate }],
      [mlRegistryDataAccessExtensionPoint, { setDataAccess }],
    ],
    features: [
      mlRegistryModuleData,
      createServiceFactory({
        service: mlDataServiceRef,
        deps: {},
        factory: () => data as MlDataService,
      }),
    ],
  });
  stops.push(() => backend.stop());
  return {
    gate: addGate.mock.calls[0][0],
    access: setDataAccess.mock.calls[0][0],
  };
}

async function installed(getDatasetVersion: jest.Mock): Promise<Gate> {
  return (await install({ getDatasetVersion })).gate;
}

const answers = (quality?: DatasetQuality) =>
  jest.fn(async () => ({ quality }));
const refuses = (name: string, message: string) =>
  jest.fn(async () => {
    throw Object.assign(new Error(message), { name });
  });

afterEach(async () => {
  await Promise.all(stops.splice(0).map(stop => stop()));
});

describe('who reads what came out of data', () => {
  it('is asked of ml-data once for several data sets, in the name of the caller', async () => {
    const checkDatasetAccess = jest.fn(async () => ({
      items: [
        { dataset: 'dataset:default/a', mayRead: true, because: 'open' },
        {
          dataset: 'dataset:default/b',
          mayRead: true,
          because: 'grant',
          grant: 'g1',
        },
        { dataset: 'dataset:default/c', mayRead: false, message: 'Ask ann' },
      ],
    }));
    const { access } = await install({ checkDatasetAccess });
    const credentials = mockCredentials.user('user:default/cleo');
    const refs = ['a', 'b', 'c'].map(name => `dataset:default/${name}`);
    expect(await access.ask(refs, { credentials })).toEqual([
      { ref: refs[0], mayRead: true, because: 'open' },
      { ref: refs[1], mayRead: true, because: 'grant', grant: 'g1' },
      { ref: refs[2], mayRead: false, message: 'Ask ann' },
    ]);
    expect(checkDatasetAccess.mock.calls).toEqual([
      [{ body: { datasets: refs } }, { credentials }],
    ]);
  });
});

describe('the data-quality gate', () => {
  it('asks ml-data for the exact version, as the registry itself', async () => {
    const getDatasetVersion = answers(rows('passed'));
    const gate = await installed(getDatasetVersion);
    expect(await gate.evaluate(subject)).toEqual([
      expect.objectContaining({ gate: 'data quality', status: 'passed' }),
    ]);
    expect(getDatasetVersion).toHaveBeenCalledWith(
      { params: { namespace: 'default', name: 'masses', version: '1' } },
      {
        credentials: expect.objectContaining({
          principal: { type: 'service', subject: 'plugin:ml-registry' },
        }),
      },
    );
  });

  it('says nothing and asks nobody where the Model entity asks for nothing', async () => {
    const getDatasetVersion = answers(rows('failed'));
    const gate = await installed(getDatasetVersion);
    expect(await gate.evaluate({ ...subject, dataQuality: undefined })).toEqual(
      [],
    );
    expect(getDatasetVersion).not.toHaveBeenCalled();
  });

  it('fails on a failed check, says which, and can be waived', async () => {
    const gate = await installed(answers(rows('failed')));
    const [verdict] = await gate.evaluate({
      ...subject,
      dataQuality: 'not-failed',
    });
    expect(verdict).toMatchObject({
      status: 'failed',
      saw: 'rows: 12, wanted at least 500',
      waivable: true,
    });
  });

  it.each([
    ['passed', 'failed'],
    ['not-failed', 'passed'],
  ] as const)(
    'with %s, takes data that nobody checked as %s',
    async (dataQuality, status) => {
      for (const quality of [undefined, rows('unknown')]) {
        const gate = await installed(answers(quality));
        const [verdict] = await gate.evaluate({ ...subject, dataQuality });
        expect(verdict).toMatchObject({
          status,
          message: 'The quality of default/masses@1 is unknown',
        });
      }
    },
  );

  it('fails where no input is a data-set version of the portal', async () => {
    const gate = await installed(answers(rows('passed')));
    for (const datasets of [[], [{ name: 'from-a-laptop', digest: 'x' }]]) {
      const [verdict] = await gate.evaluate({
        ...subject,
        dataQuality: 'not-failed',
        datasets,
      });
      expect(verdict).toMatchObject({ status: 'failed', waivable: true });
    }
  });

  it('fails on a data-set version that the portal does not know', async () => {
    const gate = await installed(refuses('NotFoundError', 'no such version'));
    const [verdict] = await gate.evaluate({
      ...subject,
      dataQuality: 'not-failed',
    });
    expect(verdict).toMatchObject({
      gate: 'data quality',
      status: 'failed',
      message: 'The portal does not know default/masses@1',
    });
  });

  it('gives one verdict for each of several data sets', async () => {
    const getDatasetVersion = jest.fn(
      async ({ params }: { params: { name: string } }) => ({
        quality: rows(params.name === 'masses' ? 'passed' : 'failed'),
      }),
    );
    const gate = await installed(getDatasetVersion);
    const [masses] = subject.datasets ?? [];
    const verdicts = await gate.evaluate({
      ...subject,
      datasets: [
        masses,
        { ...masses, context: 'eval' },
        { name: 'scans', digest: 'b2', ref: 'default/scans@3' },
      ],
    });
    expect(verdicts.map(({ gate: name, status }) => [name, status])).toEqual([
      ['data quality of default/masses@1', 'passed'],
      ['data quality of default/scans@3', 'failed'],
    ]);
  });

  it('has no verdict while ml-data does not answer', async () => {
    const gate = await installed(
      refuses('ServiceUnavailableError', 'ml-data is down'),
    );
    await expect(gate.evaluate(subject)).rejects.toThrow('ml-data is down');
  });
});
