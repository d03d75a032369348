import { countNotPositive, metricCurves } from './metricCurves';

const curve = {
  name: 'loss',
  points: [
    { step: 1, at: '2026-11-20T09:00:05.000Z', value: 0.5 },
    { step: 0, at: '2026-11-20T09:00:00.000Z', value: 1 },
    { step: 2, at: '2026-11-20T09:00:10.000Z', value: null },
    { step: 3, at: '2026-11-20T09:00:15.000Z', value: 0 },
  ],
};
const data = (options: Partial<Parameters<typeof metricCurves>[0]>) => {
  const { series } = metricCurves({
    curves: [curve],
    axis: 'step',
    logarithmic: false,
    xLabel: 'Step',
    ...options,
  });
  return [series].flat()[0];
};

describe('metricCurves', () => {
  it('draws by step in order and leaves out what is not a number', () => {
    expect(data({})).toMatchObject({
      data: [
        [0, 1],
        [1, 0.5],
        [3, 0],
      ],
    });
  });

  it('draws by seconds since the first point', () => {
    expect(data({ axis: 'relative' })).toMatchObject({
      data: [
        [0, 1],
        [5, 0.5],
        [15, 0],
      ],
    });
  });

  it('leaves out what a logarithmic scale cannot show, and counts it', () => {
    expect(data({ logarithmic: true })).toMatchObject({
      data: [
        [0, 1],
        [1, 0.5],
      ],
    });
    expect(countNotPositive([curve])).toBe(1);
  });
});
