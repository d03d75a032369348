import { countNotPositive, seriesOption } from './seriesOption';

describe('seriesOption', () => {
  const curves = [
    {
      name: 'a',
      series: {
        runId: 'a',
        key: 'loss',
        x: [0, 1000],
        values: [-1, 2],
        total: 2,
        notNumbers: 0,
      },
    },
  ];
  it('draws a smoothed curve before its values, seconds for milliseconds, and nothing below zero on a log scale', () => {
    const option = seriesOption({
      curves,
      view: {
        axis: 'relative',
        logarithmic: true,
        smoothing: 0.5,
        zoom: { from: 0, to: 2000 },
      },
      xLabel: 's',
    });
    expect(option).toMatchObject({
      xAxis: { min: 0, max: 2 },
      series: [{ data: [[1, 1]] }, { data: [[1, 2]] }],
    });
    expect(countNotPositive(curves)).toBe(1);
  });
});
