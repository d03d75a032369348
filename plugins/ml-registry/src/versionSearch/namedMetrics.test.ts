import { namedMetrics } from './namedMetrics';

describe('namedMetrics', () => {
  it('finds what a filter and an order name, each once', () => {
    expect(
      namedMetrics(
        'metrics.auc > 0.9 AND metric.`val loss` < 1 AND metrics.auc < 1 metrics.f1 DESC',
      ),
    ).toEqual(['auc', 'val loss', 'f1']);
  });

  it('does not take words of a value for names', () => {
    expect(namedMetrics("tags.note = 'see metrics.auc'")).toEqual([]);
  });
});
