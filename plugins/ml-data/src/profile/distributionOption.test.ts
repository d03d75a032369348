import { distributionOption } from './distributionOption';

describe('distributionOption', () => {
  const column = { name: 'x', type: 'DOUBLE', count: 3, nulls: 0, distinct: 3 };

  it('has a bar for every bin', () => {
    expect(
      distributionOption({
        ...column,
        histogram: { edges: [0, 1, 2], counts: [1, 2] },
      }),
    ).toMatchObject({
      xAxis: { data: ['0 – 1', '1 – 2'] },
      series: [{ data: [1, 2] }],
    });
  });

  it('has no labels of axes in a cell, where they would lie over each other', () => {
    const bins = { edges: [0, 1, 2], counts: [1, 2] };
    const shown = (isSmall: boolean) =>
      distributionOption({ ...column, histogram: bins }, { isSmall });
    const labels = (show: boolean) => ({
      xAxis: { axisLabel: { show } },
      yAxis: { axisLabel: { show } },
    });
    expect(shown(true)).toMatchObject(labels(false));
    expect(shown(false)).toMatchObject(labels(true));
  });

  it('puts the most frequent value on top', () => {
    expect(
      distributionOption({
        ...column,
        distinct: 2,
        topValues: [
          { value: 'B', count: 2 },
          { value: 'M', count: 1 },
        ],
      }),
    ).toMatchObject({ yAxis: { data: ['M', 'B'] } });
  });

  it('draws no bars for values that all differ', () => {
    expect(
      distributionOption({
        ...column,
        topValues: [{ value: 'a', count: 1 }],
      }),
    ).toBeUndefined();
  });

  it('is nothing for a column without a distribution', () => {
    expect(distributionOption(column)).toBeUndefined();
  });
});
