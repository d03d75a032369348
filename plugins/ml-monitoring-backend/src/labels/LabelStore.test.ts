import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { resolve } from 'node:path';
import { EpisodeStore } from '../stores/EpisodeStore';
import { MonitorStore } from '../stores/MonitorStore';
import { WindowStore } from '../stores/WindowStore';
import { LabelStore } from './LabelStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const modelRef = 'model:default/churn';
const [noon, one] = ['2026-11-30T12:00:00.000Z', '2026-11-30T13:00:00.000Z'];

describe.each(databases.eachSupportedId())('LabelStore on %p', databaseId => {
  async function aStore() {
    const knex = await databases.init(databaseId);
    await knex.migrate.latest({
      directory: resolve(__dirname, '../../migrations'),
    });
    const windows = new WindowStore(knex);
    const episodes = new EpisodeStore(knex);
    await new MonitorStore({ knex, windows, episodes }).follow(
      { modelRef, namespace: 'default', name: 'churn', version: 1 },
      { at: noon },
    );
    const labels = new LabelStore(knex);
    const send = (values: string[], now = noon) =>
      labels.save({
        modelRef,
        source: 'test',
        now,
        labels: values.map((label, row) => ({ requestId: 'r1', row, label })),
      });
    return { knex, labels, send };
  }

  it('keeps the same label once, and a correction beside the one before', async () => {
    const { knex, labels, send } = await aStore();
    expect(await send(['a', 'b'])).toMatchObject({ received: 2, added: 2 });
    expect(await send(['a', 'b'], one)).toMatchObject({ unchanged: 2 });
    expect(await send(['a', 'c'], one)).toMatchObject({
      unchanged: 1,
      corrected: 1,
    });
    expect(await labels.current(modelRef, ['r1/0', 'r1/1', 'r1/2'])).toEqual(
      new Map([
        ['r1/0', 'a'],
        ['r1/1', 'c'],
      ]),
    );
    expect(
      await knex('labels')
        .where({ row: 1 })
        .orderBy('revision')
        .select('label', 'received_at', 'superseded_at', 'source'),
    ).toEqual([
      { label: '"b"', received_at: noon, superseded_at: one, source: 'test' },
      { label: '"c"', received_at: one, superseded_at: null, source: 'test' },
    ]);
    const count = (since?: string, atMost = 9) =>
      labels.countSince(modelRef, { since, atMost });
    expect([await count(), await count(one), await count(noon, 1)]).toEqual([
      2, 1, 1,
    ]);
    expect(await labels.countSince('model:default/other', { atMost: 9 })).toBe(
      0,
    );
  });

  it('takes more labels than one statement holds', async () => {
    const { labels, send } = await aStore();
    const many = Array.from({ length: 1200 }, (_, row) => `class ${row}`);
    expect(await send(many)).toMatchObject({ added: 1200 });
    expect(await send(many.map(text => `${text}!`))).toMatchObject({
      corrected: 1200,
    });
    const ids = many.map((_, row) => `r1/${row}`);
    const found = await labels.current(modelRef, ids);
    expect(found.size).toBe(1200);
    expect(found.get('r1/1199')).toBe('class 1199!');
  });

  it('knows an older batch that is sent again, and keeps a late label beside the one that counts', async () => {
    const { knex, labels } = await aStore();
    const send = (label: string, at?: string) =>
      labels.save({
        modelRef,
        source: 'test',
        now: one,
        labels: [{ requestId: 'r1', row: 0, label, at }],
      });
    const at = (n: number) => `2026-11-29T1${n}:00:00.000Z`;
    await send('a', at(0));
    expect(await send('b', at(2))).toMatchObject({ corrected: 1 });
    expect(await send('c', at(1))).toMatchObject({ late: 1 });
    for (const [label, n] of [
      ['a', 0],
      ['c', 1],
      ['b', 2],
    ] as const) {
      expect(await send(label, at(n))).toMatchObject({ unchanged: 1 });
    }
    expect(await labels.current(modelRef, ['r1/0'])).toEqual(
      new Map([['r1/0', 'b']]),
    );
    expect(await knex('labels').select('revision')).toHaveLength(3);
  });

  it('reads no history, keeps twenty revisions, and takes nothing of a batch with one more', async () => {
    const { knex, labels, send } = await aStore();
    for (let n = 0; n < 20; n += 1) await send([`${n}`]);
    const read: number[] = [];
    knex.on('query-response', (rows: unknown, { sql }: { sql: string }) => {
      if (/^select .* from .labels./.test(sql) && Array.isArray(rows)) {
        read.push(rows.length);
      }
    });
    expect(await send(['19'])).toMatchObject({ unchanged: 1 });
    expect(read.length).toBeGreaterThan(0);
    expect(Math.max(...read)).toBe(1);
    await expect(send(['20', 'new'])).rejects.toThrow(
      'Prediction r1/0 has 20 labels',
    );
    expect((await labels.current(modelRef, ['r1/0', 'r1/1'])).size).toBe(1);
    expect(await knex('labels').select('revision')).toHaveLength(20);
  });

  it('takes one label of a prediction that a batch names twice, and refuses two that differ', async () => {
    const { knex, labels } = await aStore();
    const send = (...values: string[]) =>
      labels.save({
        modelRef,
        source: 'test',
        now: noon,
        labels: values.map(label => ({ requestId: 'r1', row: 0, label })),
      });
    expect(await send('a', 'a', 'a')).toMatchObject({
      received: 3,
      added: 1,
      unchanged: 2,
    });
    await expect(send('b', 'c')).rejects.toThrow(
      'two different labels of prediction r1/0',
    );
    expect(await knex('labels').select('label')).toEqual([{ label: '"a"' }]);
  });

  it('counts a batch once that two send at the same moment', async () => {
    const { knex, send } = await aStore();
    const both = await Promise.all([send(['a', 'b']), send(['a', 'b'])]);
    expect(both.map(({ added }) => added).sort()).toEqual([0, 2]);
    expect(await knex('labels').select('row')).toHaveLength(2);
  });

  it('refuses labels of a model that nobody watches', async () => {
    const { labels } = await aStore();
    await expect(
      labels.save({
        modelRef: 'model:default/gone',
        labels: [],
        source: 'test',
        now: noon,
      }),
    ).rejects.toThrow('not watched');
  });
});
