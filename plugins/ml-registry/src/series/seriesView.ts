import type { SeriesAxis } from '@downstage/plugin-ml-registry-common';

/** How curves are drawn, as the reader chose; kept in the address. */
export type SeriesView = {
  axis: SeriesAxis;
  logarithmic: boolean;
  /** 0 to 0.99. */
  smoothing: number;
  /** The window on the bottom axis that all charts show. */
  zoom?: { from: number; to: number };
};

export function readSeriesView(search: URLSearchParams): SeriesView {
  const axis = search.get('axis');
  const smoothing = Number(search.get('smoothing') ?? 0);
  const [from, to] = (search.get('zoom') ?? '').split('..').map(Number);
  return {
    axis: axis === 'time' || axis === 'relative' ? axis : 'step',
    logarithmic: search.get('scale') === 'log',
    smoothing: smoothing > 0 && smoothing < 1 ? smoothing : 0,
    ...(search.has('zoom') && from < to && { zoom: { from, to } }),
  };
}

export function writeSeriesView(
  view: SeriesView,
  before: URLSearchParams,
): URLSearchParams {
  const search = new URLSearchParams(before);
  const set = (key: string, value: string | undefined) =>
    value === undefined ? search.delete(key) : search.set(key, value);
  set('axis', view.axis === 'step' ? undefined : view.axis);
  set('scale', view.logarithmic ? 'log' : undefined);
  set('smoothing', view.smoothing ? String(view.smoothing) : undefined);
  set('zoom', view.zoom && `${view.zoom.from}..${view.zoom.to}`);
  return search;
}

/** Metrics by what stands before their last slash; those without one are the first group. */
export function groupMetrics(
  names: readonly string[],
): Array<{ name: string; metrics: string[] }> {
  const groups = new Map<string, string[]>();
  for (const name of [...names].sort((a, b) => a.localeCompare(b))) {
    const prefix = name.includes('/')
      ? name.slice(0, name.lastIndexOf('/'))
      : '';
    const group = groups.get(prefix);
    if (group) group.push(name);
    else groups.set(prefix, [name]);
  }
  return [...groups]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, metrics]) => ({ name, metrics }));
}

export function isSystemMetric(name: string): boolean {
  return name.startsWith('system/');
}
