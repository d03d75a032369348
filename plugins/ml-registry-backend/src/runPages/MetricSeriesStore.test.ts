import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { MetricSeriesStore } from './MetricSeriesStore';
import { insertRun, theRunPages } from '../__testUtils__/theRunPages';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('run pages, %p', id => {
  const start = async () => theRunPages(await databases.init(id));

  it('hands histories out in chunks that meet exactly', async () => {
    const { knex } = await start();
    await insertRun(knex, { id: 'a', at: 1 });
    const rows = Array.from({ length: 20_001 }, (_, step) => ({
      run_id: 'a',
      key: 'loss',
      timestamp: Math.floor(step / 3),
      step,
      value: 1,
      is_nan: false,
    }));
    for (let at = 0; at < rows.length; at += 150) {
      await knex('metrics').insert(rows.slice(at, at + 150));
    }
    const lengths: number[] = [];
    const steps = new Set<number>();
    const store = new MetricSeriesStore(knex);
    for await (const chunk of store.points({ runId: 'a', key: 'loss' })) {
      lengths.push(chunk.length);
      for (const { step } of chunk) steps.add(step);
    }
    expect(lengths).toEqual([10_000, 10_000, 1]);
    expect(steps.size).toBe(20_001);
  });
});
