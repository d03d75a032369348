import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { ann, aTracking } from '../__testUtils__/aTracking';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('tracking services, %p', id => {
  const start = async () => aTracking(await databases.init(id));

  it('searches experiments and logged models in their own words', async () => {
    const { experiments, loggedModels, log, aRun, experimentId } =
      await start();
    const found = await experiments.search(
      {
        filter: `name = 'e' AND experiment_id IN ('${experimentId}')`,
        orderBy: ['name DESC'],
        lifecycleStages: ['active'],
        limit: 5,
      },
      { caller: ann },
    );
    expect(found.experiments.map(({ name }) => name)).toEqual(['e']);
    const runId = await aRun();
    const logged = await loggedModels.create(
      {
        experimentId,
        name: 'tree',
        params: [],
        tags: [],
      },
      { caller: ann },
    );
    await loggedModels.create(
      {
        experimentId,
        name: 'line',
        params: [],
        tags: [],
      },
      { caller: ann },
    );
    await log.log(
      {
        runId,
        metrics: [
          {
            key: 'auc',
            value: 0.9,
            timestamp: 1,
            step: 0,
            modelId: logged.modelId,
            datasetName: 'd',
            datasetDigest: 'x',
          },
          {
            key: 'auc',
            value: 0.1,
            timestamp: 1,
            step: 0,
            modelId: 'm-unknown',
          },
        ],
      },
      { caller: ann },
    );
    const search = async (name: string) =>
      (
        await loggedModels.search(
          {
            experimentIds: [experimentId],
            filter: 'metrics.auc > 0.5',
            datasets: [{ name }],
            orderBy: [{ field: 'metrics.auc', descending: true }],
            limit: 5,
          },
          { caller: ann },
        )
      ).models.map(model => model.name);
    expect(await search('d')).toEqual(['tree']);
    expect(await search('other')).toEqual([]);
  });
});
