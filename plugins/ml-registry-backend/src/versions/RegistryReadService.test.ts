import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { ann, aTracking } from '../__testUtils__/aTracking';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('tracking services, %p', id => {
  const start = async () => aTracking(await databases.init(id));

  it('sorts names by bytes, pages through them, and hides prompts unless asked for', async () => {
    const { registration, reads } = await start();
    for (const name of ['a', 'Default', 'ab', 'Abc']) {
      await registration.createModel(
        { name, tags: { team: 'x' } },
        { caller: ann },
      );
    }
    await registration.createModel(
      {
        name: 'p',
        tags: { 'mlflow.prompt.is_prompt': 'true' },
      },
      { caller: ann },
    );
    const names: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await reads.searchModels(
        {
          orderBy: ['name DESC'],
          limit: 3,
          pageToken,
        },
        { caller: ann },
      );
      names.push(...page.models.map(model => model.name));
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(names).toEqual(['ab', 'a', 'Default', 'Abc']);
    const find = async (filter: string) =>
      (
        await reads.searchModels(
          { filter, orderBy: [], limit: 10 },
          { caller: ann },
        )
      ).models.map(({ name }) => name);
    expect(await find("name LIKE 'A%'")).toEqual(['Abc']);
    expect(await find("name ILIKE 'A%' AND tags.team = 'x'")).toEqual([
      'Abc',
      'a',
      'ab',
    ]);
    expect(await find("tags.`mlflow.prompt.is_prompt` = 'true'")).toEqual([
      'p',
    ]);
    await expect(
      reads.searchModels(
        { orderBy: [], limit: 1, pageToken: 'nonsense' },
        { caller: ann },
      ),
    ).rejects.toThrow(/Invalid page token/);
  });
});
