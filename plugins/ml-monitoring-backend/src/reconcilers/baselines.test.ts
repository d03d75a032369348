import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { aVersion } from '../testUtils/fakes';
import { aWatch } from '../__testUtils__/aWatch';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('watching, %p', databaseId => {
  const setUp = async (options?: Parameters<typeof aWatch>[1]) =>
    aWatch(await databases.init(databaseId), options);

  it('freezes the baseline of a registered version from its training data', async () => {
    const { pass, baselines, state, stop } = await setUp();
    await pass();
    const baseline = await baselines.get('default/tumour-malignancy@1');
    expect(baseline).toMatchObject({
      state: 'ready',
      rows: 500,
      datasetRef: 'default/masses@1',
      message: expect.stringContaining('500 rows of default/masses@1'),
      columns: [
        { column: 'feature.radius', kind: 'numeric', nulls: 0 },
        {
          column: 'feature.kind',
          kind: 'categorical',
          categories: ['a', 'b'],
          counts: [250, 250, 0],
        },
      ],
    });

    // Frozen: what the registry says later changes nothing.
    state.versions = [aVersion({ datasets: [] })];
    await pass();
    expect(await baselines.get('default/tumour-malignancy@1')).toEqual(
      baseline,
    );
    await stop();
  });

  it('says what a version lacks for a baseline, and freezes it when it is there', async () => {
    const { pass, baselines, monitor, state, stop } = await setUp();
    state.versions = [aVersion({ datasets: [{ name: 'x', digest: '1' }] })];
    await pass();
    expect(await baselines.get('default/tumour-malignancy@1')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('which dataset version it learned from'),
    });
    expect(await monitor()).toMatchObject({
      status: 'no_data',
      message: expect.stringContaining('No baseline of version 1 yet'),
    });
    state.versions = [aVersion()];
    await pass();
    expect(await baselines.get('default/tumour-malignancy@1')).toMatchObject({
      state: 'ready',
    });
    await stop();
  });
});
