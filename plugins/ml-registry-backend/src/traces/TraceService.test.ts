import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { caller, jobCaller } from '../__testUtils__/people';
import { aRegistry } from '../__testUtils__/registryFixture';
import type { OtlpSpan } from './spans';

const databases = TestDatabases.create({ ids: testDatabaseIds() });
const traceId = `tr-${'01'.repeat(16)}`;
const ann = caller('ann');
const job = jobCaller({ job: '1', commit: 'c0ffee', environment: 'e' });

function aSpan(change: Partial<OtlpSpan> = {}): OtlpSpan {
  return {
    trace_id: Buffer.alloc(16, 1).toString('base64'),
    span_id: Buffer.alloc(8, 2).toString('base64'),
    name: 'answer',
    start_time_unix_nano: '1700000000000000000',
    end_time_unix_nano: '1700000001000000000',
    ...change,
  };
}
const child = aSpan({
  span_id: Buffer.alloc(8, 3).toString('base64'),
  parent_span_id: Buffer.alloc(8, 2).toString('base64'),
  name: 'step',
  start_time_unix_nano: '1700000000500000000',
});
const started = {
  traceId,
  experimentId: '0',
  requestTime: 1_700_000_000_000,
  executionMs: 1234,
  state: 'ERROR',
  tags: { 'mlflow.traceName': 'named' },
  metadata: { 'mlflow.user': 'root', who: 'me' },
};

describe.each(databases.eachSupportedId())('traces on %p', databaseId => {
  async function create() {
    const knex = await databases.init(databaseId);
    const { tracking } = await aRegistry(knex);
    return { knex, traces: tracking.traces };
  }

  it('end the same whichever came first, the spans or the word of the client', async () => {
    const { traces } = await create();
    const other = `tr-${'09'.repeat(16)}`;
    const spans = [aSpan(), child];
    const elsewhere = spans.map(span => ({
      ...span,
      trace_id: Buffer.alloc(16, 9).toString('base64'),
    }));
    await traces.addSpans({ experimentId: '0', spans }, { caller: ann });
    await traces.start(started, { caller: ann });
    await traces.start({ ...started, traceId: other }, { caller: ann });
    await traces.addSpans(
      { experimentId: '0', spans: elsewhere },
      { caller: ann },
    );
    const [one, two] = await traces.getInfos(
      {
        traceIds: [traceId, other],
      },
      { caller: ann },
    );
    expect(one).toMatchObject({
      state: 'ERROR',
      executionMs: 1234,
      tags: { 'mlflow.traceName': 'named' },
      metadata: { 'mlflow.user': 'user:default/ann', who: 'me' },
    });
    expect({
      ...two,
      traceId,
      tags: { ...two.tags, 'mlflow.artifactLocation': '' },
    }).toEqual({
      ...one,
      tags: { ...one.tags, 'mlflow.artifactLocation': '' },
    });
  });

  it('are not doubled by an export that comes again', async () => {
    const { traces, knex } = await create();
    for (let i = 0; i < 3; i += 1) {
      await traces.addSpans(
        { experimentId: '0', spans: [child] },
        { caller: ann },
      );
      await traces.addSpans(
        { experimentId: '0', spans: [aSpan()] },
        { caller: ann },
      );
    }
    await expect(knex('spans')).resolves.toHaveLength(2);
    const { trace, spans } = await traces.get(
      {
        traceId,
        allowPartial: false,
      },
      { caller: ann },
    );
    expect(spans.map(span => JSON.parse(span).name)).toEqual([
      'answer',
      'step',
    ]);
    expect(trace).toMatchObject({ state: 'OK', executionMs: 1000 });
  });

  it('lose nothing to writers at the same time', async () => {
    const { traces, knex } = await create();
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        traces.addSpans(
          {
            experimentId: '0',
            spans: [aSpan({ span_id: Buffer.alloc(8, i).toString('base64') })],
          },
          { caller: ann },
        ),
      ),
    );
    await traces.start(started, { caller: ann });
    await expect(knex('spans')).resolves.toHaveLength(8);
  });

  it('belong to who made them, as far as jobs go', async () => {
    const { traces } = await create();
    await traces.start(started, { caller: ann });
    for (const attempt of [
      () => traces.start(started, { caller: job }),
      () =>
        traces.addSpans(
          { experimentId: '0', spans: [aSpan()] },
          { caller: job },
        ),
      () => traces.setTag({ traceId, key: 'a', value: 'b' }, { caller: job }),
      () =>
        traces.deleteTag({ traceId, key: 'mlflow.traceName' }, { caller: job }),
      () =>
        traces.delete(
          { experimentId: '0', traceIds: [traceId] },
          { caller: job },
        ),
    ]) {
      await expect(attempt()).rejects.toMatchObject({
        name: 'NotAllowedError',
      });
    }
  });

  it('are deleted with all that belongs to them, the oldest first', async () => {
    const { traces, knex } = await create();
    await traces.addSpans(
      { experimentId: '0', spans: [aSpan()] },
      { caller: ann },
    );
    await traces.start(
      {
        ...started,
        traceId: 'tr-young',
        requestTime: 1_800_000_000_000,
      },
      { caller: ann },
    );
    await expect(
      traces.delete(
        {
          experimentId: '0',
          before: 1_900_000_000_000,
          limit: 1,
        },
        { caller: ann },
      ),
    ).resolves.toBe(1);
    await expect(knex('spans')).resolves.toEqual([]);
    await expect(knex('traces').pluck('trace_id')).resolves.toEqual([
      'tr-young',
    ]);
    await expect(
      traces.delete({ experimentId: '0' }, { caller: ann }),
    ).rejects.toThrow('must be specified');
  });

  it('pages by name without losing one', async () => {
    const { traces } = await create();
    for (const name of ['b', 'a', 'Z', 'ab']) {
      await traces.start(
        {
          ...started,
          traceId: `tr-${name}`,
          tags: { 'mlflow.traceName': name },
        },
        { caller: ann },
      );
    }
    const seen: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await traces.search(
        {
          experimentIds: ['0'],
          filter: "metadata.who = 'me' AND name ILIKE '%'",
          orderBy: ['name DESC'],
          limit: 1,
          pageToken,
        },
        { caller: ann },
      );
      seen.push(...page.traces.map(trace => trace.tags['mlflow.traceName']));
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(seen).toEqual(['b', 'ab', 'a', 'Z']);
  });
});
