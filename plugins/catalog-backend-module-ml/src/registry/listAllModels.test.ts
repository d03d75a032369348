import { mockCredentials } from '@backstage/backend-test-utils';
import { listNameChanges, listNamedModels } from './listAllModels';

const credentials = mockCredentials.service();

describe('listNameChanges', () => {
  it('reads names that came and went, page after page, and both names of a rename', async () => {
    const at = '2026-03-02T00:00:00.000Z';
    const entry = (action: string, modelRef: string, details?: object) => ({
      id: 1,
      name: '',
      actor: 'user:default/ann',
      message: '',
      flagged: false,
      action,
      modelRef,
      at,
      details: { ...details },
    });
    const entries = [
      entry('registered', 'model:default/a'),
      entry('registered', 'model:credit/b'),
      entry('renamed', 'model:credit/c', { from: 'credit/b', to: 'credit/c' }),
      entry('renamed', 'model:default/d', { from: 'a', to: 'd' }),
      entry('deleted', 'model:default/d'),
    ];
    const listLedger = jest.fn(
      async ({ query }: { query: { action?: string; cursor?: string } }) => {
        const found = entries.filter(({ action }) => action === query.action);
        const at0 = Number(query.cursor ?? 0);
        return {
          items: found.slice(at0, at0 + 1),
          ...(found.length > at0 + 1 && { nextCursor: String(at0 + 1) }),
        };
      },
    );
    const since = '2026-03-01T00:00:00.000Z';
    expect(
      await listNameChanges(since, { registry: { listLedger }, credentials }),
    ).toEqual([
      { ref: 'default/a', change: 'got', at },
      { ref: 'credit/b', change: 'got', at },
      { ref: 'credit/c', change: 'got', at },
      { ref: 'credit/b', change: 'lost', at },
      { ref: 'default/d', change: 'got', at },
      { ref: 'default/a', change: 'lost', at },
      { ref: 'default/d', change: 'lost', at },
    ]);
    expect(listLedger).toHaveBeenCalledTimes(5);
    expect(listLedger.mock.calls[0]).toEqual([
      { query: { action: 'registered', from: since, limit: 500 } },
      { credentials },
    ]);
  });
});

describe('listNamedModels', () => {
  it('asks for the longest names the catalog knows in requests that the registry takes', async () => {
    const refs = Array.from(
      { length: 200 },
      (_, n) => `${'n'.repeat(63)}/${String(n).padStart(63, 'm')}`,
    );
    const listModels = jest.fn(
      async ({ query }: { query: { models?: string } }) => {
        expect(query.models?.length).toBeLessThanOrEqual(10_000);
        const items = (query.models ?? '').split(',').map(ref => {
          const [namespace, name] = ref.split('/');
          return {
            namespace,
            name,
            ref: `model:${ref}`,
            risk: 'minimal' as const,
            hasEntity: false,
            versionCount: 0,
            pendingPromotions: 0,
            createdAt: '2026-03-01T00:00:00.000Z',
            updatedAt: '2026-03-01T00:00:00.000Z',
          };
        });
        return { items };
      },
    );
    const found = await listNamedModels(refs, {
      registry: { listModels },
      credentials,
    });
    expect(found.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(
      refs,
    );
    expect(listModels).toHaveBeenCalledTimes(3);
  });
});
