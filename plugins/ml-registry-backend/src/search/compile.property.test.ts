import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type {
  Comparison,
  SearchOrder,
} from '@downstage/plugin-ml-registry-common';
import { caller } from '../__testUtils__/people';
import fc from 'fast-check';
import { migrateForTest } from '../__testUtils__/registryFixture';
import { compareRuns, matches, type PlainRun } from '../__testUtils__/judge';
import { printFilter, printOrder } from '../__testUtils__/printFilter';
import type { TrackingServices } from '../createTrackingServices';
import { trackingServicesForTest } from '../__testUtils__/trackingServicesForTest';

jest.setTimeout(180_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const ann = caller('ann');

// Few words, so that they meet; case, wildcards, quotes and letters beyond ASCII, so that they differ.
const words = ['a', 'A', 'ab', 'a_b', '100%', "it's", '[a-z]*', 'ä', 'Ä', ''];
const keys = ['m', 'M', 'x y/z', 'ü'];
const numbers = [0, 1, -1, 0.1, 1e20, 2 ** 31, 2 ** 53 - 1, -2.5];

const word = fc.constantFrom(...words);
const keyed = <T>(value: fc.Arbitrary<T>) =>
  fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 });
const aPlainRun: fc.Arbitrary<Omit<PlainRun, 'id'>> = fc.record({
  attributes: fc.record({
    run_name: word,
    user_id: word,
    status: fc.constantFrom('RUNNING', 'FINISHED', 'FAILED'),
    start_time: fc.constantFrom(1, 2, 1_730_000_000_000),
    end_time: fc.constantFrom(undefined, 5, 1_730_000_000_001),
  }),
  metrics: keyed(fc.constantFrom(...numbers, NaN, Infinity, -Infinity)),
  params: keyed(word),
  tags: keyed(word),
  datasets: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'A'),
      digest: fc.constantFrom('1', '2'),
      context: fc.constantFrom(undefined, 'training', 'test'),
    }),
    { maxLength: 2, selector: ({ name, digest }) => `${name}/${digest}` },
  ),
});

const pattern = fc.oneof(
  word,
  fc
    .array(fc.constantFrom('%', '_', 'a', 'A', 'b', '*', '[', '?', 'ä', "'"), {
      maxLength: 4,
    })
    .map(parts => parts.join('')),
);
const value = fc.constantFrom(...numbers, 1.5, 1e300);
const numeric = fc.constantFrom(
  '=',
  '!=',
  '>',
  '>=',
  '<',
  '<=',
) as fc.Arbitrary<Comparison['operator']>;
const textual = fc.constantFrom('=', '!=', 'LIKE', 'ILIKE') as fc.Arbitrary<
  Comparison['operator']
>;
const absence = fc.constantFrom('IS NULL', 'IS NOT NULL') as fc.Arbitrary<
  Comparison['operator']
>;
const key = fc.constantFrom(...keys);
const is = <T extends string>(name: T) => fc.constant(name);
const comparison: fc.Arbitrary<Comparison> = fc.oneof(
  fc.record({ entity: is('metric'), key, operator: numeric, value }),
  fc.record({ entity: is('param'), key, operator: textual, value: pattern }),
  fc.record({ entity: is('tag'), key, operator: textual, value: pattern }),
  fc.record({
    entity: fc.constantFrom('param', 'tag'),
    key,
    operator: absence,
  }),
  fc.record({
    entity: is('attribute'),
    key: fc.constantFrom('run_name', 'status', 'user_id'),
    operator: textual,
    value: pattern,
  }),
  fc.record({
    entity: is('attribute'),
    key: fc.constantFrom('start_time', 'end_time'),
    operator: numeric,
    value,
  }),
  fc.record({
    entity: is('dataset'),
    key: fc.constantFrom('name', 'digest', 'context'),
    operator: fc.oneof(textual, fc.constantFrom('=', '!=')) as fc.Arbitrary<
      Comparison['operator']
    >,
    value: fc.oneof(pattern, fc.constantFrom('training', '1')),
  }),
  fc.record({
    entity: is('dataset'),
    key: fc.constantFrom('name', 'context'),
    operator: fc.constantFrom('IN', 'NOT IN') as fc.Arbitrary<
      Comparison['operator']
    >,
    value: fc.array(fc.constantFrom('a', 'training', 'test'), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
);
const orders: fc.Arbitrary<SearchOrder[]> = fc.uniqueArray(
  fc.oneof(
    fc.record({
      entity: fc.constantFrom('metric', 'param', 'tag'),
      key,
      descending: fc.boolean(),
    }),
    fc.record({
      entity: is('attribute'),
      key: fc.constantFrom('run_name', 'status', 'start_time', 'end_time'),
      descending: fc.boolean(),
    }),
  ) as fc.Arbitrary<SearchOrder>,
  { maxLength: 3, selector: ({ entity, key: name }) => `${entity}.${name}` },
);

describe.each(databases.eachSupportedId())('searches on %p', id => {
  let services: TrackingServices;
  let experimentId: string;
  const plain: PlainRun[] = [];

  beforeAll(async () => {
    const knex = await databases.init(id);
    await migrateForTest(knex);
    services = trackingServicesForTest(knex);
    experimentId = await services.experiments.create(
      {
        name: 'random',
        tags: {},
      },
      { caller: ann },
    );
    // The same runs on every database and every day.
    for (const run of fc.sample(aPlainRun, { numRuns: 60, seed: 7 })) {
      const { runId } = await services.runs.create(
        {
          experimentId,
          runName: 'x',
          startTime: Number(run.attributes.start_time),
          tags: [],
        },
        { caller: ann },
      );
      const { run_name: name, user_id: user, status } = run.attributes;
      await knex('runs')
        .where('run_id', runId)
        .update({
          name,
          user_id: user,
          status,
          end_time: run.attributes.end_time ?? null,
        });
      const entries = (record: Record<string, string>) =>
        Object.entries(record).map(([name_, value_]) => ({
          key: name_,
          value: value_,
        }));
      // Past the checks of names: the grammar knows more of them than may be logged.
      for (const [table, record] of [
        ['run_tags', run.tags],
        ['params', run.params],
      ] as const) {
        for (const entry of entries(record)) {
          await knex(table).insert({ run_id: runId, ...entry });
        }
      }
      for (const [name_, value_] of Object.entries(run.metrics)) {
        await knex('latest_metrics').insert({
          run_id: runId,
          key: name_,
          value: Number.isNaN(value_) ? 0 : value_,
          is_nan: Number.isNaN(value_),
          timestamp: 1,
          step: 0,
        });
      }
      await services.log.logInputs(
        {
          runId,
          models: [],
          datasets: run.datasets.map(dataset => ({
            name: dataset.name,
            digest: dataset.digest,
            sourceType: 'local',
            source: 's',
            tags: dataset.context
              ? { 'mlflow.data.context': dataset.context }
              : ({} as Record<string, string>),
          })),
        },
        { caller: ann },
      );
      plain.push({ ...run, id: runId });
    }
  });

  const search = async (
    filter: Comparison[],
    order: SearchOrder[],
    page: { limit: number; pageToken?: string },
  ) => {
    const found = await services.runs.search(
      {
        experimentIds: [experimentId],
        filter: printFilter(filter),
        orderBy: order.map(printOrder),
        lifecycleStages: ['active'],
        ...page,
      },
      { caller: ann },
    );
    return {
      ids: found.runs.map(({ runId }) => runId),
      next: found.nextPageToken,
    };
  };

  it('finds what a filter means, in the order asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(comparison, { maxLength: 3 }),
        orders,
        async (filter, order) => {
          const { ids } = await search(filter, order, { limit: 1000 });
          const expected = plain
            .filter(run => matches(run, filter))
            .sort((a, b) => compareRuns(a, b, order))
            .map(run => run.id);
          expect(ids).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('shows every run once, page by page, under any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(comparison, { maxLength: 1 }),
        orders,
        fc.integer({ min: 1, max: 25 }),
        async (filter, order, limit) => {
          const whole = await search(filter, order, { limit: 1000 });
          const seen: string[] = [];
          let pageToken: string | undefined;
          do {
            const page = await search(filter, order, { limit, pageToken });
            seen.push(...page.ids);
            pageToken = page.next;
          } while (pageToken);
          expect(seen).toEqual(whole.ids);
        },
      ),
      { numRuns: 40 },
    );
  });
});
