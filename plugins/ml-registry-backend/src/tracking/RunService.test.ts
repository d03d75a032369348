import { Readable } from 'node:stream';
import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { jobCaller } from '../__testUtils__/people';
import { ann, cleo, aTracking } from '../__testUtils__/aTracking';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const job = jobCaller({
  job: '1',
  commit: 'abc',
  datasets: ['default/d@1', 'default/e@2'],
});

describe.each(databases.eachSupportedId())('tracking services, %p', id => {
  const start = async () => aTracking(await databases.init(id));

  it('names the person behind the token as the maker of a run, whatever the client sends', async () => {
    const { runs, log, experimentId, search } = await start();
    for (const maker of [ann, job]) {
      const run = await runs.create(
        {
          experimentId,
          userId: 'root',
          tags: [{ key: 'mlflow.user', value: 'root' }],
        },
        { caller: maker },
      );
      await log.log(
        { runId: run.runId, tags: [{ key: 'mlflow.user', value: 'root' }] },
        { caller: maker },
      );
      const { userId, tags } = await runs.get(run.runId, { caller: ann });
      expect(userId).toBe('user:default/ann');
      expect(tags).toContainEqual({
        key: 'mlflow.user',
        value: 'user:default/ann',
      });
      expect(tags.filter(({ key }) => key === 'mlflow.user')).toHaveLength(1);
      await expect(
        log.deleteTag(
          { runId: run.runId, key: 'mlflow.user' },
          { caller: maker },
        ),
      ).rejects.toThrow(/written by the server/);
    }
    expect(
      await search(`attributes.user_id = 'user:default/ann'`),
    ).toHaveLength(2);
  });

  it('keeps NaN and infinities, and never finds NaN by number', async () => {
    const { runs, aRun, search } = await start();
    const runId = await aRun({ a: NaN, b: Infinity, c: -Infinity });
    const values = (await runs.get(runId, { caller: ann })).metrics.map(
      metric => metric.value,
    );
    expect(values).toEqual([NaN, Infinity, -Infinity]);
    expect(await search('metrics.a = 0')).toEqual([]);
    expect(await search('metrics.b > 5')).toEqual([runId]);
  });

  it('orders missing and NaN last in both directions and pages through ties and infinities', async () => {
    const { runs, aRun, experimentId, search } = await start();
    const none = await aRun();
    const nan = await aRun({ m: NaN });
    const two = await aRun({ m: 2 });
    const tie = await aRun({ m: 2 });
    const infinite = await aRun({ m: Infinity });
    const one = await aRun({ m: 1 });
    const descending = [infinite, tie, two, one, nan, none];
    expect(await search('', ['metrics.m DESC'])).toEqual(descending);
    expect(await search('', ['metrics.m'])).toEqual([
      one,
      tie,
      two,
      infinite,
      nan,
      none,
    ]);
    const seen: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await runs.search(
        {
          experimentIds: [experimentId],
          orderBy: ['metrics.m DESC'],
          lifecycleStages: ['active'],
          limit: 1,
          pageToken,
        },
        { caller: ann },
      );
      seen.push(...page.runs.map(run => run.runId));
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(seen).toEqual(descending);
  });

  it('minds the case in LIKE and takes its wildcards only', async () => {
    const { aRun, search } = await start();
    const first = await aRun(
      {},
      { params: { p: 'Tree*[1]' }, tags: { t: 'x' } },
    );
    const second = await aRun({}, { params: { p: 'tree_1' } });
    expect(await search("params.p LIKE 'T%'")).toEqual([first]);
    expect((await search("params.p ILIKE 't%'")).sort()).toEqual(
      [first, second].sort(),
    );
    expect(await search("params.p LIKE 'Tree*[_]'")).toEqual([first]);
    expect(await search("params.p LIKE 'T*'")).toEqual([]);
    expect(await search("params.p LIKE 'tree\\_1'")).toEqual([]);
    expect(await search("tags.t != 'y'")).toEqual([first]);
    expect(await search('tags.t IS NULL')).toEqual([second]);
  });

  it('stamps what a job writes and lets it write nothing else', async () => {
    const { runs, log, aRun, experimentId } = await start();
    const run = await runs.create(
      {
        experimentId,
        tags: [{ key: 'downstage.job', value: 'forged' }],
      },
      { caller: job },
    );
    await log.log(
      {
        runId: run.runId,
        tags: [{ key: 'downstage.dataset', value: 'forged' }],
      },
      { caller: job },
    );
    const tags = Object.fromEntries(
      (await runs.get(run.runId, { caller: ann })).tags.map(
        ({ key, value }) => [key, value],
      ),
    );
    expect(tags).toMatchObject({
      'downstage.job': '1',
      'downstage.commit': 'abc',
      'downstage.dataset': 'default/d@1,default/e@2',
    });
    const persons = await aRun();
    await expect(
      log.log(
        { runId: persons, params: [{ key: 'a', value: '1' }] },
        { caller: job },
      ),
    ).rejects.toThrow(/may write only what that job created/);
  });

  it('lets another team look and not change', async () => {
    const { runs, log, aRun, experiments, experimentId, artifacts } =
      await start();
    const runId = await aRun();
    expect((await runs.get(runId, { caller: cleo })).owner).toBe(
      'group:default/diagnostics',
    );
    const refused = [
      () =>
        log.log({ runId, tags: [{ key: 'a', value: '1' }] }, { caller: cleo }),
      () => runs.create({ experimentId, tags: [] }, { caller: cleo }),
      () => runs.setLifecycle({ runId, stage: 'deleted' }, { caller: cleo }),
      () => experiments.rename({ experimentId, name: 'x' }, { caller: cleo }),
      () =>
        artifacts.upload(
          {
            path: `${experimentId}/${runId}/artifacts/x`,
            content: Readable.from(['x']),
          },
          { caller: cleo },
        ),
    ];
    for (const attempt of refused) {
      await expect(attempt()).rejects.toThrow(
        /belongs to group:default\/diagnostics/,
      );
    }
  });
});
