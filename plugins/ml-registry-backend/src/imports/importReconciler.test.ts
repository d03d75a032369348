import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { as } from '../__testUtils__/registryFixture';
import { startImportReconciler } from './importReconciler';
import { aSource, anImporter } from '../__testUtils__/anImporter';

const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('an import on %p', databaseId => {
  let source: Awaited<ReturnType<typeof aSource>>;
  beforeEach(async () => {
    source = await aSource();
  });
  afterEach(() => source.close());

  const create = async () =>
    anImporter(await databases.init(databaseId), source);

  it('is taken to its end by the loop', async () => {
    const { knex, start, importProcess, imports } = await create();
    const { id } = await start();
    const loop = startImportReconciler({
      knex,
      logger: mockServices.logger.mock(),
      clock: () => new Date(Date.now() + 3_600_000),
      steps: importProcess,
      intervalMs: 3_600_000,
    });
    await loop.tick();
    await loop.tick();
    await loop.stop();
    await expect(imports.get(id, as('dora'))).resolves.toMatchObject({
      state: 'succeeded',
    });
  });
});
