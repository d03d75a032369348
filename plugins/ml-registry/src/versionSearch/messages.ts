/** The words of the search of versions. */
export const versionSearchMessages = {
  search: {
    description:
      'Search versions by metric, parameter, dataset, stage or owner.',
    filter: 'Which versions?',
    order: 'In which order?',
    ask: 'Search',
    examples: 'For example:',
    version: 'Version',
    stage: 'Stage',
    metric: 'Metric',
    flavors: 'Flavours',
    datasets: 'Data sets',
    created: 'Created',
    more: 'Show more',
    noMatch: 'No version matches',
    noMatchHint:
      'Metrics, params and data sets are those of the run that made the version.',
    emptyTitle: 'No version is registered yet',
  },
} as const;
