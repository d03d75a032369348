import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { aRegistry, as } from '../__testUtils__/registryFixture';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('governance, %p', id => {
  const start = async (options?: Parameters<typeof aRegistry>[1]) =>
    aRegistry(await databases.init(id), options);
  const to = 'production' as const;

  it('fails a comparison on other data, and lets another owner waive it with a reason', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.promote(1);
    const path = await registry.aVersion(2, undefined, { holdout: 'd2' });
    const { id: promotion, state } = await registry.promotions.request(
      { ...path, to },
      as('ann'),
    );
    expect(state).toBe('blocked');
    const waive = (name: string, gate = 'auc against the champion') =>
      registry.promotions.waive(
        { id: promotion, gate, reason: 'no such data any more' },
        as(name),
      );
    await expect(waive('ann')).rejects.toThrow(/asked for this promotion/);
    await expect(waive('cleo')).rejects.toThrow(/Only members/);
    await expect(waive('ben', 'signature')).rejects.toThrow(
      /gates that failed in it/,
    );
    const waived = await waive('ben');
    expect(waived.state).toBe('waiting-for-approval');
    expect(waived.gates).toContainEqual(
      expect.objectContaining({
        gate: 'auc against the champion',
        status: 'waived',
        waiver: expect.objectContaining({ by: 'user:default/ben' }),
      }),
    );
  });

  it('waives nothing while another promotion of the version to the same stage is open', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.promote(1);
    const path = await registry.aVersion(2, undefined, { holdout: 'd2' });
    const ask = () => registry.promotions.request({ ...path, to }, as('ann'));
    const waive = ({ id: promotion }: { id: string }) =>
      registry.promotions.waive(
        {
          id: promotion,
          gate: 'auc against the champion',
          reason: 'no such data any more',
        },
        as('ben'),
      );
    const first = await ask();
    const second = await ask();
    await waive(first);
    await expect(waive(second)).rejects.toThrow(
      `Version 2 of tumours has an open promotion to production already: ${first.id}, waiting-for-approval`,
    );
  });
});
