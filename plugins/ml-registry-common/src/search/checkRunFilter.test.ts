import { checkRunFilter } from './checkRunFilter';

describe('checkRunFilter', () => {
  it.each([
    '',
    'metrics.auc > 0.9',
    "metrics.`val loss` <= -1e3 and params.kind != 'tree' AND tags.a IS NOT NULL",
    "attributes.run_id NOT IN ('a', 'b')",
    "datasets.name LIKE '%x' and status = 'FINISHED'",
    'params.lr = "0.1"',
    'params.lr IS NULL',
    'metrics.précision > 0',
    "tags.城市 = 'x'",
    "tags.mlflow.source.name ilike 'a''b'",
  ])('finds nothing wrong with %s', filter => {
    expect(checkRunFilter(filter)).toBeUndefined();
  });

  it.each([
    ['auc > 0.9', 0, 3, /metrics\.auc/],
    ['metric.auc >', 12, 12, /value is missing/],
    ['metrics.auc', 11, 11, /comparison is missing/],
    ["metrics.auc > 'x'", 14, 17, /compared with a number/],
    ['params.a = 1', 11, 12, /Text stands in quotes/],
    ["params.a = 'b", 11, 13, /closing quote/],
    ["params.a > 'b'", 9, 10, /does not work/],
    ['metrics.a > 1 OR metrics.b > 1', 14, 16, /OR is not part/],
    ['metrics.a > 1 metrics.b > 1', 14, 23, /AND is expected/],
    ['metrics.a > 1 AND', 17, 17, /after AND/],
    ['(metrics.a > 1)', 0, 15, /Parentheses/],
    ["foo.bar = 'x'", 0, 7, /begin with metrics/],
    ["attributes.foo = 'x'", 0, 14, /no attribute 'foo'/],
    ["run_id IN 'a'", 10, 13, /list is expected/],
  ])('says what is wrong with %s, and where', (filter, from, to, message) => {
    expect(checkRunFilter(filter)).toEqual({
      from,
      to,
      message: expect.stringMatching(message),
    });
  });
});
