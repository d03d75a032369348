import { createTranslationRef } from '@backstage/frontend-plugin-api';

/** The words of the Monitoring pages and tabs; a portal may replace any of them. */
export const mlMonitoringTranslationRef = createTranslationRef({
  id: 'plugin.ml-monitoring',
  messages: {
    list: {
      title: 'Drift of models',
      description:
        'How far what models are asked has moved from what they learned from.',
      emptyTitle: 'No model is watched yet',
      emptyText:
        'A model is watched as soon as it is deployed. Deploy one on its Serving tab.',
      emptyAction: 'Look at the endpoints',
      model: 'Model',
      status: 'Status',
      version: 'Version',
      window: 'Last window',
      episode: 'Away since',
      why: 'Why',
      noVersion: 'none in production',
      noWindow: 'none yet',
      rows: '{{rows}} predictions',
    },
    status: {
      ok: 'No drift',
      warning: 'Moving away',
      drift: 'Drifted',
      insufficient_data: 'Too few predictions',
      no_data: 'No data',
    },
    monitor: {
      notWatchedTitle: 'This model is not watched',
      notWatchedText:
        'Predictions are compared with the training data once the model is deployed.',
      serving: 'Open the Serving tab',
      heading: 'Drift',
      version: 'Version {{version}} in production',
      away: 'Away from its baseline since',
      evaluate: 'Evaluate now',
      evaluateFailed: 'It could not be evaluated',
      retrain: 'Retrain',
      notOwner: 'Its owners evaluate and retrain it: {{owner}}',
      open: 'Open monitoring',
    },
    windows: {
      title: 'Windows',
      emptyTitle: 'No window has been closed yet',
      emptyText:
        'A window closes by itself when there are enough predictions. Send some on the Serving tab, or evaluate now.',
      plot: 'Largest PSI of each window, oldest first, with the limits {{warning}} and {{drift}}',
      psi: 'Largest PSI',
      warning: 'warning',
      drift: 'drift',
      choose: 'Window',
      forgotten: 'This window is not kept any more',
      latest: 'Show the latest',
    },
    columns: {
      title: 'Columns',
      caption:
        '{{rows}} predictions from {{from}} to {{to}}, compared over frozen bins; an empty bin counts as a share of {{epsilon}}.',
      column: 'Column',
      psi: 'PSI',
      limit: 'Limits',
      chance: 'Chance alone',
      significance: 'Significance',
      significant: 'more than chance',
      notSignificant: 'may be chance',
      finding: 'Findings',
      role: { feature: 'feature', prediction: 'prediction' },
      emptyText: 'This window has no predictions.',
    },
    histogram: {
      title: '{{name}}: baseline and window',
      label:
        'Share of values in each bin of {{name}}, in the baseline and in the window',
      baseline: 'Baseline',
      window: 'Window',
      share: 'share',
      bin: 'Bin',
      table: 'As a table',
      none: 'There is nothing to draw for this column',
    },
    retrain: {
      title: 'Retrain {{name}}',
      text: 'This submits the last successful training job again. The new version goes through its gates and has to be approved like any other.',
      sameData:
        'Data: {{data}}, same as before. Unless the code has changed, retraining will give the same model.',
      newData: 'Data: {{data}}',
      instead: '{{newest}} instead of {{before}}',
      reason: 'Why',
      confirm: 'Submit the job',
      cancel: 'Cancel',
      failed: 'The job could not be submitted',
      doneTitle: 'The job was submitted',
      follow: 'Follow the job',
      close: 'Close',
    },
  },
});
