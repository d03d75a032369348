import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { MlServingService } from '@downstage/plugin-ml-serving-node';
import { LabelStore } from '../labels/LabelStore';
import { BaselineStore } from '../stores/BaselineStore';
import { EpisodeStore } from '../stores/EpisodeStore';
import { MonitorStore } from '../stores/MonitorStore';
import { WindowStore } from '../stores/WindowStore';
import { startSweeps } from './sweeps';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

const nameOf = (n: number) => `model-${String(n).padStart(4, '0')}`;
const endpointOf = (name: string) => ({
  ref: `default/${name}`,
  namespace: 'default',
  name,
  modelRef: `model:default/${name}`,
  owner: 'group:default/diagnostics',
  variants: [{ variant: 'champion', version: 1, state: 'ready' }],
});

describe.each(databases.eachSupportedId())('sweeps on %p', id => {
  async function start(count: number) {
    const knex = await databases.init(id);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@downstage/plugin-ml-monitoring-backend',
        'migrations',
      ),
    });
    const names = Array.from({ length: count }, (_, n) => nameOf(n));
    const asked: { limit: number; model: string[] }[] = [];
    const listEndpoints = async ({
      query,
    }: {
      query: { cursor?: string; limit: number; model?: string[] };
    }) => {
      const { cursor = '', limit, model } = query;
      asked.push({ limit, model: model ?? [] });
      if (cursor === 'of an older release') throw new InputError('No cursor');
      const found = names.filter(
        name =>
          name > cursor && (!model || model.includes(`model:default/${name}`)),
      );
      const items = found.slice(0, limit).map(endpointOf);
      return {
        items,
        ...(found.length > limit && { nextCursor: items.at(-1)?.name }),
      };
    };
    const time = { now: Date.parse('2026-03-01T10:00:00Z') };
    const monitors = new MonitorStore({
      knex,
      windows: new WindowStore(knex),
      episodes: new EpisodeStore(knex),
    });
    const deps = {
      knex,
      auth: mockServices.auth(),
      serving: { listEndpoints } as unknown as MlServingService,
      baselines: new BaselineStore(knex),
      monitors,
      labels: new LabelStore(knex),
      labelDays: 400,
      clock: () => new Date(time.now),
      logger: mockServices.logger.mock(),
      announce: async () => {},
      found: () => {},
    };
    const sweeps = await startSweeps(deps);
    /** Another start of the portal, with one look. */
    const restart = async () => {
      const again = await startSweeps(deps);
      await again.tick();
      await again.stop();
    };
    const watched = async () =>
      (await monitors.watching({ after: '', limit: 2000 })).map(
        ({ name }) => name,
      );
    /** As many looks as there are due within so many seconds. */
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 2) {
        await sweeps.tick();
        time.now += 2_000;
      }
    };
    return { knex, names, asked, sweeps, restart, watched, pass, time };
  }

  it('looks at every endpoint a part at a time, and asks for no more at once (R2)', async () => {
    const t = await start(250);
    await t.sweeps.tick();
    expect(await t.watched()).toHaveLength(100);
    await t.pass(20);
    expect(await t.watched()).toEqual(t.names);
    // An endpoint that went without a word is noticed in the next round.
    t.names.splice(120, 1);
    await t.pass(160);
    expect(await t.watched()).toEqual(t.names);
    expect(Math.max(...t.asked.map(({ limit }) => limit))).toBe(100);
    expect(Math.max(...t.asked.map(({ model }) => model.length))).toBe(20);
    await t.sweeps.stop();
  });

  it('costs few statements while nothing changes, however many endpoints there are (R2)', async () => {
    const t = await start(99);
    await t.sweeps.tick();
    let statements = 0;
    t.knex.on('query', ({ sql }: { sql: string }) => {
      if (/(from|update|into) [`"](monitors|baselines)/.test(sql)) {
        statements += 1;
      }
    });
    await t.pass(160);
    const rounds = t.asked.filter(({ model }) => !model.length).length - 1;
    expect(rounds).toBe(1);
    // What is known of the endpoints takes two, and the monitors that watch one.
    expect(statements).toBe(3);
    await t.sweeps.stop();
  });

  it('asks about its monitors only where one is left of an endpoint that is gone, and looks at ten in a second (R2)', async () => {
    const t = await start(1500);
    await t.knex.batchInsert(
      'monitors',
      t.names.map(name => ({
        id: `model:default/${name}`,
        model_ref: `model:default/${name}`,
        namespace: 'default',
        name,
        owner: 'group:default/diagnostics',
        version: 1,
        status: 'no_data',
        message: '',
        revision: 0,
        created_at: '2026-03-01T09:00:00.000Z',
        next_reconcile_at: '2026-03-01T09:00:00.000Z',
      })),
      50,
    );
    await t.pass(40);
    expect(await t.watched()).toHaveLength(1500);
    const round = () => t.asked.splice(0).map(({ model }) => model.length);
    expect(round()).toEqual(Array(15).fill(0));

    // The pause before a round is 150 seconds, and it takes 30.
    t.names.splice(700, 1);
    t.time.now += 100_000;
    await t.sweeps.tick();
    expect(round()).toEqual([]);
    t.time.now += 40_000;
    await t.pass(70);
    const asked = round();
    expect(asked.slice(0, 15)).toEqual(Array(15).fill(0));
    expect(asked.slice(15)).toEqual(Array(75).fill(20));
    expect(await t.watched()).toHaveLength(1499);
    await t.sweeps.stop();
  });

  it('begins again where serving does not know the cursor', async () => {
    const t = await start(3);
    await t
      .knex('sweeps')
      .update({ position: '{"endpoints":"of an older release"}' });
    await t.pass(20);
    expect(await t.watched()).toEqual(t.names);
    await t.sweeps.stop();
  });

  it('removes labels that are older than the retention a part at a time, and keeps the others', async () => {
    const t = await start(0);
    const label = (row: number, received_at: string) => ({
      model_ref: 'model:default/churn',
      request_id: 'r',
      row,
      revision: 0,
      label: '1',
      at: received_at,
      received_at,
      source: 'test',
    });
    // The clock says 2026-03-01T10:00; 400 days before it was 2025-01-25T10:00.
    const old = Array.from({ length: 1500 }, (_, row) =>
      label(row, '2025-01-25T09:59:59.999Z'),
    );
    const young = [
      label(2000, '2025-01-25T10:30:00.000Z'),
      label(2001, '2026-03-01T09:00:00.000Z'),
    ];
    await t.knex.batchInsert('labels', [...old, ...young], 50);
    const rows = async (): Promise<number[]> =>
      (await t.knex('labels').orderBy('row').select('row')).map(
        ({ row }) => row,
      );
    await t.sweeps.tick();
    expect(await rows()).toHaveLength(502);
    await t.pass(4);
    expect(await rows()).toEqual([2000, 2001]);
    // An earlier release that runs as well ends a sweep it does not know.
    await t
      .knex('sweeps')
      .where({ id: 'labels' })
      .update({ next_reconcile_at: null });
    t.time.now += 3_600_000;
    await t.sweeps.stop();
    await t.restart();
    expect(await rows()).toEqual([2001]);
  });
});
