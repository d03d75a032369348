import {
  createMockDirectory,
  mockCredentials,
} from '@backstage/backend-test-utils';
import {
  FakeLog,
  fakeServices,
  normal,
  writeParquet,
} from '../testUtils/fakes';
import { BaselineBuilder } from './BaselineBuilder';

const directory = createMockDirectory();
const ref = { namespace: 'default', name: 'tumour-malignancy', version: 1 };

describe('BaselineBuilder', () => {
  it('refuses a version of a data set that has no table, says what to do, and reads its files by no other rules', async () => {
    const training = directory.resolve('training.parquet');
    await writeParquet(training, [
      { name: 'radius', type: 'DOUBLE', values: normal(10) },
    ]);
    const fakes = fakeServices({
      log: new FakeLog(directory.resolve('predictions')),
      training,
    });
    const fetchEvaluation = jest.fn(async () => undefined);
    const builder = new BaselineBuilder({
      ...fakes,
      data: {
        ...fakes.data,
        resolveDatasetVersion: async (...call) => {
          const { table: _, ...files } = await fakes.data.resolveDatasetVersion(
            ...call,
          );
          return files;
        },
      },
      fetchEvaluation,
    });
    await expect(
      builder.build(ref, { credentials: mockCredentials.service() }),
    ).rejects.toMatchObject({
      name: 'InputError',
      code: 'ml-monitoring.dataset-without-table',
      message:
        'default/masses@1 was registered by an older release, which kept no table of it; register it again and train a version on that',
    });
    // Nothing was fetched that would have to be taken away again.
    expect(fetchEvaluation).not.toHaveBeenCalled();
  });
});
