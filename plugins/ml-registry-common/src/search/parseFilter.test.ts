import { parseFilter } from './parseFilter';
import { parseOrderBy } from './parseOrderBy';
import { runNames } from './runNames';

const runs = (filter?: string) => parseFilter(filter, runNames);

describe('parseFilter', () => {
  it.each([
    ['metrics.auc > 0.9', 'metric', 'auc', '>', 0.9],
    ['metric.`a b` <= -1.5e3', 'metric', 'a b', '<=', -1500],
    ['metrics."x/y" = 1', 'metric', 'x/y', '=', 1],
    ["params.model != 'tree'", 'param', 'model', '!=', 'tree'],
    ['parameters.lr = "0.1"', 'param', 'lr', '=', '0.1'],
    [
      "tags.mlflow.source.name like '%x'",
      'tag',
      'mlflow.source.name',
      'LIKE',
      '%x',
    ],
    ["tag.`k'` ILIKE 'a''b'", 'tag', "k'", 'ILIKE', "a'b"],
    ['tags.x IS NULL', 'tag', 'x', 'IS NULL', undefined],
    ['params.x is not null', 'param', 'x', 'IS NOT NULL', undefined],
    ["status = 'FINISHED'", 'attribute', 'status', '=', 'FINISHED'],
    ['attr.start_time >= 17', 'attribute', 'start_time', '>=', 17],
    ["run_id NOT IN ('a', 'b')", 'attribute', 'run_id', 'NOT IN', ['a', 'b']],
    ["datasets.context IN ('train')", 'dataset', 'context', 'IN', ['train']],
    ["tags.a = ''", 'tag', 'a', '=', ''],
    ['metrics.précision > 0', 'metric', 'précision', '>', 0],
    ["params.точность = '1'", 'param', 'точность', '=', '1'],
    ["tags.城市\u3000=\u00a0'x'", 'tag', '城市', '=', 'x'],
  ])('reads %s', (filter, entity, key, operator, value) => {
    expect(runs(filter)).toEqual([
      { entity, key, operator, ...(value === undefined ? {} : { value }) },
    ]);
  });

  it('reads nothing as no comparison', () => {
    expect(runs(undefined)).toEqual([]);
    expect(runs('  ')).toEqual([]);
  });

  it('joins comparisons by AND in any case', () => {
    expect(
      runs("metrics.a > 1 and params.b = 'x' AND tags.c = 'y'"),
    ).toHaveLength(3);
  });

  it.each([
    ['metrics.a > 1 OR metrics.b > 1', /OR/],
    ['(metrics.a > 1)', /Invalid clause/],
    ['NOT metrics.a > 1', /Invalid attribute key 'NOT'/],
    ["metrics.a = 'x'", /Expected numeric value type for metric/],
    ['params.a > 1', /Invalid comparator '>'/],
    ['params.a = 1', /Expected a quoted string value/],
    ['metrics.a IS NULL', /Invalid comparator 'IS NULL'/],
    ["attributes.foo = 'x'", /Invalid attribute key 'foo'/],
    ["foo.bar = 'x'", /Invalid entity type 'foo'/],
    ["dataset.size = 'x'", /Invalid dataset key/],
    ["status IN ('a')", /Invalid comparator 'IN'/],
    ['run_id IN ()', /Expected a list/],
    ["run_id IN ('a'", /end with \)/],
    ['metrics.a >', /Found nothing/],
    ["tags.a = 'x' AND", /the end/],
    ["tags.a = 'x'; DROP TABLE runs", /Invalid clause/],
    ["constructor.x = 'y'", /Invalid entity type/],
    ["attributes.constructor = 'y'", /Invalid attribute key/],
  ])('refuses %s and says why', (filter, message) => {
    expect(() => runs(filter)).toThrow(message);
    expect(() => runs(filter)).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });
});

describe('parseOrderBy', () => {
  it('reads directions, quotes and names with a space', () => {
    expect(
      parseOrderBy(
        ['metrics.`a b` DESC', 'params.x', 'start_time asc', 'Run Name desc'],
        runNames,
      ),
    ).toEqual([
      { entity: 'metric', key: 'a b', descending: true },
      { entity: 'param', key: 'x', descending: false },
      { entity: 'attribute', key: 'start_time', descending: false },
      { entity: 'attribute', key: 'Run Name', descending: true },
    ]);
  });

  it.each([
    [['metrics.a', 'metrics.a DESC'], /more than once/],
    [['metrics.a sideways'], /Invalid ordering key/],
    [['metrics.a DESC, params.b'], /Could not be parsed/],
    [['foo'], /Invalid attribute key/],
  ])('refuses %j', (clauses, message) => {
    expect(() => parseOrderBy(clauses, runNames)).toThrow(message);
  });
});
