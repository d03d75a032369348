import { TestDatabases } from '@backstage/backend-test-utils';
import { collectItems } from '@downstage/common';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { Knex } from 'knex';
import { aRegistry, as } from './__testUtils__/registryFixture';

const databases = TestDatabases.create({ ids: testDatabaseIds() });

const at = (n: number) => `2026-03-01T10:00:${String(n).padStart(2, '0')}.000Z`;
const seven = [1, 2, 3, 4, 5, 6, 7];

/** Two of the rows were made at the same moment. */
const moment = (n: number) => at(n === 4 ? 3 : n);

async function fill(knex: Knex) {
  await knex('registered_models').insert({
    name: 'churn',
    creation_time: 1,
    last_updated_time: 1,
    owner: 'group:default/diagnostics',
  });
  await knex('experiments').insert(
    seven.map(n => ({
      name: `trial-${n}`,
      artifact_location: '',
      creation_time: n,
      last_update_time: n === 4 ? 3 : n,
    })),
  );
  await knex('promotions').insert(
    seven.map(n => ({
      id: `p${n}`,
      name: 'churn',
      version: n,
      from_stage: 'candidate',
      to_stage: 'production',
      state: n < 3 ? 'waiting-for-approval' : 'approved',
      requested_by: 'user:default/ann',
      owner: 'group:default/diagnostics',
      gates: '[]',
      evidence: JSON.stringify({ at: at(1), metrics: {}, datasets: [] }),
      approvals_needed: 1,
      created_at: moment(n),
    })),
  );
  await knex('run_views').insert(
    seven.map(n => ({
      id: `v${n}`,
      scope: 'all',
      name: `view ${n}`,
      state: '',
      created_by: 'user:default/ann',
      updated_at: at(n),
    })),
  );
  await knex('webhooks').insert(
    seven.map(n => ({
      id: `w${n}`,
      name: `w${n}`,
      url: 'https://example.com',
      events: '["*"]',
      // Of every other webhook, ann has none of her own to see.
      model: n % 2 ? 'churn' : null,
      status: 'ACTIVE',
      created_by: 'user:default/ann',
      created_at: n === 4 ? 3 : n,
      updated_at: n,
    })),
  );
  await knex('garbage_collections').insert(
    seven.map(n => ({
      id: `g${n}`,
      state: 'done',
      created_by: 'user:default/dora',
      created_at: moment(n),
      deleted_before: at(1),
      kept: '[]',
    })),
  );
  await knex('imports').insert(
    seven.map(n => ({
      id: `i${n}`,
      uri: 'https://mlflow',
      source: `s${n}`,
      state: 'succeeded',
      cursor: '{"phase":"experiment"}',
      stages: 'record',
      created_by: 'user:default/dora',
      created_at: moment(n),
    })),
  );
}

describe.each(databases.eachSupportedId())('lists page by page on %s', id => {
  it('pages of two are together what one page is (R2)', async () => {
    const knex = await databases.init(id);
    const t = await aRegistry(knex);
    await fill(knex);
    const ann = as('ann');
    const dora = as('dora');
    type Ask = (page: { cursor?: string; limit?: number }) => Promise<{
      items: object[];
      nextCursor?: string;
    }>;
    const lists: Record<string, [ask: Ask, count: number]> = {
      promotions: [page => t.promotions.list(page, ann), 7],
      open: [page => t.promotions.list({ ...page, state: 'open' }, ann), 2],
      decided: [
        page => t.promotions.list({ ...page, state: 'decided' }, ann),
        5,
      ],
      // The one that every registry has is among them.
      experiments: [page => t.runs.listExperiments(page, ann), 8],
      'experiments by name': [
        page => t.runs.listExperiments({ ...page, query: 'TRIAL-4' }, ann),
        1,
      ],
      'experiments by id': [
        page =>
          t.runs.listExperiments(
            { ...page, experimentId: ['2', '3', '3', 'none', '-1'] },
            ann,
          ),
        2,
      ],
      'experiments by an id that is none': [
        page => t.runs.listExperiments({ ...page, experimentId: ['x'] }, ann),
        0,
      ],
      views: [page => t.runPages.views.list({ ...page, scope: 'all' }, ann), 7],
      webhooks: [page => t.webhooks.list(page, dora), 7],
      'webhooks of an owner': [page => t.webhooks.list(page, ann), 4],
      garbage: [page => t.garbage.list(page, dora), 7],
      imports: [page => t.imports.list(page, dora), 7],
    };
    for (const [name, [ask, count]] of Object.entries(lists)) {
      const whole = await ask({});
      const pages: number[] = [];
      const items = await collectItems(async cursor => {
        const page = await ask({ cursor, limit: 2 });
        pages.push(page.items.length);
        return page;
      });
      expect({ name, count: whole.items.length }).toEqual({ name, count });
      expect({ name, next: whole.nextCursor }).toEqual({
        name,
        next: undefined,
      });
      expect({ name, items }).toEqual({ name, items: whole.items });
      expect(Math.max(...pages)).toBeLessThanOrEqual(2);
    }
  });

  it('tells what was in production page by page, under the name a model has now (R2)', async () => {
    const knex = await databases.init(id);
    const t = await aRegistry(knex);
    const move = (
      name: string,
      day: number,
      version: number,
      more: object = {},
    ) => ({
      name,
      at: `2026-03-0${day}T10:00:00.000Z`,
      actor: 'user:default/eve',
      action: 'promoted',
      version,
      to_stage: 'production',
      message: '',
      ...more,
    });
    await knex('ledger').insert([
      ...['a', 'b', 'c', 'Z'].map(name => move(name, 1, 1)),
      move('former', 1, 5),
      move('b', 3, 2),
      {
        ...move('x', 4, 1),
        action: 'renamed',
        former_name: 'former',
        version: null,
        to_stage: null,
      },
      // Somebody else took the name over.
      move('former', 5, 1),
    ]);
    const { ledgers } = t.records;
    const on = (day: number, limit: number) =>
      collectItems(cursor =>
        ledgers.productionOn(
          { at: `2026-03-0${day}T12:00:00Z`, cursor, limit },
          as('ann'),
        ),
      );
    const second = await on(2, 500);
    expect(second.map(({ name, version }) => `${name}@${version}`)).toEqual([
      'Z@1',
      'a@1',
      'b@1',
      'c@1',
      'x@5',
    ]);
    expect(await on(2, 2)).toEqual(second);
    expect(
      (await on(6, 1)).map(({ name, version }) => `${name}@${version}`),
    ).toEqual(['Z@1', 'a@1', 'b@2', 'c@1', 'former@1', 'x@5']);
    const changes = await collectItems(cursor =>
      ledgers.productionChanges(
        { from: '2026-03-02', to: '2026-03-06', cursor, limit: 1 },
        as('ann'),
      ),
    );
    expect(changes).toMatchObject([
      { name: 'b', before: 1, after: 2 },
      { name: 'former', after: 1 },
    ]);
  });

  it('lists the files of a version page by page (R2)', async () => {
    const knex = await databases.init(id);
    const t = await aRegistry(knex);
    await fill(knex);
    const root = '0/r1/artifacts/model';
    await knex('model_versions').insert({
      name: 'churn',
      version: 1,
      creation_time: 1,
      last_updated_time: 1,
      source: 'runs:/r1/model',
      storage_location: `mlflow-artifacts:/${root}`,
    });
    for (const n of seven) t.artifacts.files.set(`${root}/file-${n}`, 'x');
    t.artifacts.files.set(`${root}/folder/below`, 'x');
    const path = { namespace: 'default', name: 'churn', version: 1 };
    const files = await collectItems(cursor =>
      t.models.listArtifacts({ ...path, cursor, limit: 3 }, as('ann')),
    );
    expect(files.map(file => file.path)).toEqual([
      ...seven.map(n => `file-${n}`),
      'folder',
    ]);
    expect(files).toEqual(
      (await t.models.listArtifacts(path, as('ann'))).items,
    );
  });
});
