import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { as } from '../__testUtils__/registryFixture';
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

  it('is for administrators, one at a time, and stops when told to', async () => {
    const { imports, start, importProcess } = await create();
    await expect(
      imports.start({ uri: source.uri, stages: 'record' }, as('ann')),
    ).rejects.toThrow('for administrators');
    const inside = {
      uri: 'http://169.254.169.254/',
      stages: 'record' as const,
    };
    await expect(imports.start(inside, as('dora'))).rejects.toMatchObject({
      name: 'InputError',
    });
    const twice = await Promise.allSettled([start(), start()]);
    expect(twice.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
    ]);
    const [{ id }] = (await imports.list({}, as('dora'))).items;
    await expect(start()).rejects.toThrow('being imported already');
    await expect(imports.cancel(id, as('dora'))).resolves.toMatchObject({
      state: 'cancelled',
    });
    await expect(importProcess.step(id)).resolves.toEqual({
      next_reconcile_at: null,
    });
  });
});
