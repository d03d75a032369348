import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { as } from '../__testUtils__/registryFixture';
import { insertRun, theRunPages } from '../__testUtils__/theRunPages';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('run pages, %p', id => {
  const start = async () => theRunPages(await databases.init(id));

  it('makes long curves coarse and keeps their peaks, whole and in a window', async () => {
    const { knex, series } = await start();
    await insertRun(knex, { id: 'a', at: 1000 });
    const rows = Array.from({ length: 25_000 }, (_, step) => ({
      run_id: 'a',
      key: 'loss',
      timestamp: 1000 + step * 10,
      step,
      value: step === 12_345 ? 99 : Math.sin(step / 50),
      is_nan: step === 7,
    }));
    for (let at = 0; at < rows.length; at += 150) {
      await knex('metrics').insert(rows.slice(at, at + 150));
    }
    const read = async (change: object = {}) =>
      (
        await series.read(
          {
            runId: ['a'],
            key: ['loss', 'nothing'],
            axis: 'step' as const,
            points: 300,
            ...change,
          },
          as('ann'),
        )
      ).series;
    const [whole, ...others] = await read();
    expect(others).toEqual([]);
    expect(whole).toMatchObject({ total: 25_000, notNumbers: 1 });
    expect(whole.x.length).toBeLessThanOrEqual(300);
    expect(whole.values[whole.x.indexOf(12_345)]).toBe(99);
    expect([whole.x[0], whole.x.at(-1)]).toEqual([0, 24_999]);

    const [window] = await read({ from: 100, to: 199 });
    expect(window.x).toEqual(Array.from({ length: 100 }, (_, i) => i + 100));
    const [relative] = await read({ axis: 'relative', from: 50, to: 60 });
    expect(relative.x).toEqual([50, 60]);
    await expect(
      read({ key: Array.from({ length: 501 }, (_, i) => `k${i}`) }),
    ).rejects.toThrow(/at most 500 curves/);
  });
});
