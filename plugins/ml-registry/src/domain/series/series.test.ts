import { seeded } from '../compare/forest';
import { countNotPositive, seriesOption } from './seriesOption';
import { groupMetrics, readSeriesView, writeSeriesView } from './seriesView';
import { smooth } from './smooth';

describe('smooth', () => {
  it('leaves a constant curve as it is, and every value between the least and the greatest so far', () => {
    expect(smooth([3, 3, 3], 0.9).map(value => +value.toFixed(9))).toEqual([
      3, 3, 3,
    ]);
    const random = seeded(5);
    for (let round = 0; round < 50; round += 1) {
      const values = Array.from({ length: 1 + round }, () => random() * 1e3);
      smooth(values, random()).forEach((value, at) => {
        const past = values.slice(0, at + 1);
        expect(value).toBeGreaterThanOrEqual(Math.min(...past) - 1e-6);
        expect(value).toBeLessThanOrEqual(Math.max(...past) + 1e-6);
      });
    }
  });

  it('is what TensorBoard draws', () => {
    expect(smooth([1, 0, 0], 0.5).map(value => +value.toFixed(4))).toEqual([
      1, 0.3333, 0.1429,
    ]);
    expect(smooth([1, 5], 0)).toEqual([1, 5]);
  });
});

describe('the address of charts', () => {
  it('carries axis, scale, smoothing and window', () => {
    const view = {
      axis: 'relative' as const,
      logarithmic: true,
      smoothing: 0.6,
      zoom: { from: 10, to: 20.5 },
    };
    const search = writeSeriesView(view, new URLSearchParams('tab=metrics'));
    expect(search.get('tab')).toBe('metrics');
    expect(readSeriesView(search)).toEqual(view);
    const nothing = readSeriesView(new URLSearchParams('zoom=9..1&axis=x'));
    expect(nothing).toEqual({ axis: 'step', logarithmic: false, smoothing: 0 });
    expect(String(writeSeriesView(nothing, new URLSearchParams()))).toBe('');
  });
});

describe('groupMetrics', () => {
  it('puts metrics with one prefix together', () => {
    expect(groupMetrics(['val/loss', 'auc', 'val/auc', 'a/b/c'])).toEqual([
      { name: '', metrics: ['auc'] },
      { name: 'a/b', metrics: ['a/b/c'] },
      { name: 'val', metrics: ['val/auc', 'val/loss'] },
    ]);
  });
});

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
