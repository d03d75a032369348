import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { caller } from '../__testUtils__/people';
import { aModelEntity } from '../__testUtils__/aModelEntity';
import { aRegistry, as } from '../__testUtils__/registryFixture';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('searching versions on %p', id => {
  async function start() {
    const knex = await databases.init(id);
    const registry = await aRegistry(knex, {
      entity: aModelEntity({ owner: 'group:default/diagnostics' }),
    });
    const { tracking, versionSearch } = registry;
    const ann = caller('ann');
    const version = async (options: {
      name: string;
      auc: number;
      depth: string;
      flavor: string;
      dataset: string;
    }) => {
      const { name } = options;
      const { experiments, runs, log, registration } = tracking;
      const known = await experiments
        .getByName('e', { caller: ann })
        .catch(() => undefined);
      const experimentId =
        known?.experimentId ??
        (await experiments.create({ name: 'e', tags: {} }, { caller: ann }));
      const run = await runs.create(
        { experimentId, tags: [] },
        { caller: ann },
      );
      await log.log(
        {
          runId: run.runId,
          metrics: [{ key: 'auc', value: options.auc, timestamp: 1, step: 0 }],
          params: [{ key: 'depth', value: options.depth }],
        },
        { caller: ann },
      );
      await log.logInputs(
        {
          runId: run.runId,
          models: [],
          datasets: [
            {
              name: options.dataset,
              digest: '1',
              sourceType: 'local',
              source: 's',
              tags: {},
            },
          ],
        },
        { caller: ann },
      );
      const path = run.artifactUri.replace('mlflow-artifacts:/', '');
      registry.artifacts.files.set(
        `${path}/m/MLmodel`,
        `flavors:\n  ${options.flavor}: {}\n  python_function: {}\n`,
      );
      await registration
        .createModel({ name, tags: {} }, { caller: ann })
        .catch(() => undefined);
      return registration.createVersion(
        {
          name,
          source: `${run.artifactUri}/m`,
          runId: run.runId,
          tags: {},
        },
        { caller: ann },
      );
    };
    await version({
      name: 'tumours',
      auc: 0.91,
      depth: '2',
      flavor: 'sklearn',
      dataset: 'masses',
    });
    await version({
      name: 'tumours',
      auc: 0.97,
      depth: '4',
      flavor: 'xgboost',
      dataset: 'masses',
    });
    await version({
      name: 'churn',
      auc: 0.8,
      depth: '4',
      flavor: 'sklearn',
      dataset: 'customers',
    });
    const search = async (filter: string, orderBy?: string, limit = 50) => {
      const page = await versionSearch.search(
        { filter, orderBy, limit },
        as('ann'),
      );
      return page.items.map(({ ref }) => ref);
    };
    return { ...registry, knex, versionSearch, search };
  }

  it('orders by a metric page by page: those without it last, each once (R2)', async () => {
    const { knex, versionSearch } = await start();
    const more = ['a', 'b', 'c', 'd', 'e'];
    await knex('registered_models').insert({
      name: 'many',
      creation_time: 1,
      last_updated_time: 1,
    });
    await knex('runs').insert(
      more.map(run => ({
        run_id: run,
        experiment_id: 0,
        name: run,
        status: 'FINISHED',
        start_time: 1,
        artifact_uri: '',
      })),
    );
    await knex('latest_metrics').insert(
      // One is not a number; d and e have none.
      [0.5, 0.97, 0].map((value, at) => ({
        run_id: more[at],
        key: 'auc',
        value,
        is_nan: at === 2,
        timestamp: 1,
      })),
    );
    await knex('model_versions').insert(
      more.map((run, at) => ({
        name: 'many',
        version: at + 1,
        creation_time: 1,
        last_updated_time: 1,
        source: '',
        storage_location: '',
        run_id: run,
      })),
    );
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await versionSearch.search(
        { orderBy: 'metrics.auc DESC, name', limit: 2, cursor },
        as('ann'),
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ ref }) => ref));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual([
      'default/many@2',
      'default/tumours@2',
      'default/tumours@1',
      'default/churn@1',
      'default/many@1',
      'default/many@3',
      'default/many@5',
      'default/many@4',
    ]);
  });

  it('finds versions by what their runs measured and used', async () => {
    const { search } = await start();
    expect(await search('metrics.auc > 0.9', 'metrics.auc DESC')).toEqual([
      'default/tumours@2',
      'default/tumours@1',
    ]);
    expect(await search("params.depth = '4'", 'name')).toEqual([
      'default/churn@1',
      'default/tumours@2',
    ]);
    expect(await search("dataset.name = 'customers'")).toEqual([
      'default/churn@1',
    ]);
    expect(
      await search("flavor = 'sklearn' AND stage = 'None'", 'name'),
    ).toEqual(['default/churn@1', 'default/tumours@1']);
    expect(await search("flavor != 'sklearn'")).toEqual(['default/tumours@2']);
    expect(await search("flavor LIKE 'xg%' AND metrics.auc > 0.99")).toEqual(
      [],
    );
  });

  it('knows owners as the catalog does', async () => {
    const { search, versionSearch } = await start();
    expect(
      await search(
        "owner = 'group:default/diagnostics' AND metrics.auc > 0.95",
      ),
    ).toContain('default/tumours@2');
    const { items } = await versionSearch.search(
      { filter: "name = 'tumours' AND version_number = 2", limit: 1 },
      as('ann'),
    );
    expect(items).toMatchObject([
      {
        modelRef: 'model:default/tumours',
        owner: 'group:default/diagnostics',
        metrics: { auc: 0.97 },
        params: { depth: '4' },
        flavors: ['python_function', 'xgboost'],
        datasets: [{ name: 'masses', digest: '1' }],
      },
    ]);
  });

  it('goes on after the cursor, and says what it cannot read', async () => {
    const { versionSearch } = await start();
    const first = await versionSearch.search(
      { orderBy: 'metrics.auc DESC, name', limit: 2 },
      as('ann'),
    );
    const rest = await versionSearch.search(
      {
        orderBy: 'metrics.auc DESC, name',
        limit: 2,
        cursor: first.nextCursor,
      },
      as('ann'),
    );
    expect(
      [...first.items, ...rest.items].map(({ metrics }) => metrics.auc),
    ).toEqual([0.97, 0.91, 0.8]);
    expect(rest.nextCursor).toBeUndefined();
    for (const request of [
      { filter: 'speed > 1' },
      { orderBy: 'flavor' },
      { orderBy: 'dataset.name' },
      { cursor: 'nonsense' },
    ]) {
      await expect(
        versionSearch.search({ ...request, limit: 2 }, as('ann')),
      ).rejects.toMatchObject({ name: 'InputError' });
    }
  });

  it('shows every version once when what orders them is nowhere to be found', async () => {
    const { versionSearch } = await start();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await versionSearch.search(
        // A metric and a tag that are called like attributes.
        { orderBy: 'metrics.name, tags.version_number', limit: 1, cursor },
        as('ann'),
      );
      seen.push(...page.items.map(({ ref }) => ref));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen.sort()).toEqual([
      'default/churn@1',
      'default/tumours@1',
      'default/tumours@2',
    ]);
  });

  it('finds models that have one version like that', async () => {
    const { tracking } = await start();
    const find = async (filter: string) => {
      const page = await tracking.reads.searchModels(
        {
          filter,
          orderBy: [],
          limit: 10,
        },
        { caller: caller('ann') },
      );
      return page.models.map(({ name }) => name);
    };
    expect(await find('metrics.auc > 0.9')).toEqual(['tumours']);
    expect(await find("params.depth = '4'")).toEqual(['churn', 'tumours']);
    // One version has the flavor, another the metric: no version has both.
    expect(await find("flavor = 'sklearn' AND metrics.auc > 0.95")).toEqual([]);
  });
});
