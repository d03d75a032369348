/** The words of the curves of metrics. */
export const seriesMessages = {
  series: {
    smoothing: 'Smoothing',
    points_one: '{{shown}} of {{all}} point',
    points_other: '{{shown}} of {{all}} points',
    notNumbers_one: '{{count}} point is NaN or infinite and is not drawn.',
    notNumbers_other: '{{count}} points are NaN or infinite and are not drawn.',
    resetZoom: 'Show all',
    from: 'From',
    to: 'To',
    apply: 'Zoom',
    find: 'Find a metric',
    none: 'No metric has that in its name.',
    model: 'Model metrics',
    system: 'System metrics',
    group: '{{name}}',
    zoomHint: 'Drag over a chart to zoom; all charts follow.',
    onePoint: 'Metrics with one point',
    more_one: 'Show {{count}} more chart',
    more_other: 'Show {{count}} more charts',
    relative: 'Time since start of run (s)',
  },
} as const;
