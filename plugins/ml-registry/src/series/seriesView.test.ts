import { groupMetrics, readSeriesView, writeSeriesView } from './seriesView';

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
