import { columnWidth, defaultColumns } from './columns';

describe('defaultColumns', () => {
  it('shows metrics of the model rather than of the machine', () => {
    expect(
      defaultColumns({
        metrics: ['auc', 'system/cpu'],
        params: ['a', 'b', 'c', 'd'],
      }),
    ).toEqual([
      'status',
      'started',
      'duration',
      'metrics.auc',
      'params.a',
      'params.b',
      'params.c',
      'user',
    ]);
  });
});

describe('columnWidth', () => {
  // Measured in a browser: the bold name, 20 pixels around it, 18 for the arrow of the order.
  it.each([
    ['metrics.val_accuracy', 100 + 38],
    ['metrics.val/accuracy', 98 + 38],
    ['params.regularisation', 111 + 38],
  ])('has room for the whole name of %s', (column, needed) => {
    expect(columnWidth(column)).toBeGreaterThanOrEqual(needed);
  });

  it('keeps a name without end from taking the whole table', () => {
    expect(columnWidth(`params.${'long'.repeat(50)}`)).toBe(280);
  });
});
