import type {
  DriftStatus,
  LabelValue,
  Signal,
} from '@downstage/plugin-ml-monitoring-common';
import {
  createDetector,
  type Detector,
  type DetectorWindow,
  type Evaluation,
} from '@downstage/plugin-ml-monitoring-node';
import { z } from 'zod';
import { meanAbsoluteError, shareRight } from '../domain/performance';

const HOUR_MS = 3_600_000;

const settingsSchema = z
  .strictObject({
    /** Classes are right or wrong; numbers are near or far. */
    task: z.enum(['classification', 'regression']),
    /** The output that is compared; needed where the model has several. */
    prediction: z.string().min(1).max(300).optional(),
    /** Of a score: from here on the prediction is yes. Labels are then true or false, 1 or 0. */
    cutoff: z.number().optional(),
    /** Labels that a verdict needs. */
    minLabels: z.number().int().min(1).max(50_000).default(100),
    /** The share of a window's predictions that has to have labels. */
    minShare: z.number().min(0).max(1).default(0.5),
    /** How long labels take: predictions younger than that wait for a later window. */
    delayHours: z
      .number()
      .min(0)
      .max(24 * 366)
      .default(0),
    /** An accuracy below, or a mean absolute error above, is a warning. */
    warning: z.number().min(0),
    /** As `warning`, of the worst status. */
    drift: z.number().min(0),
  })
  .refine(
    ({ task, warning, drift }) =>
      task === 'classification'
        ? drift <= warning && warning <= 1
        : warning <= drift,
    'Expected 0 <= drift <= warning <= 1 of classification, and warning <= drift of regression',
  )
  .refine(
    ({ task, cutoff }) => cutoff === undefined || task === 'classification',
    'Only a classification has a cutoff',
  );
type Settings = z.infer<typeof settingsSchema>;

/** Compares predictions with the labels that came later: accuracy of classes, mean absolute error of numbers. */
export function performanceDetector(): Detector {
  return createDetector({
    kind: 'performance',
    title: 'Performance',
    needs: { baseline: false, columns: ['prediction'], labels: true },
    settings: settingsSchema,
    limits: ({ minLabels, warning, drift, delayHours }) => ({
      minRows: minLabels,
      warning,
      drift,
      delayMs: delayHours * HOUR_MS,
    }),
    columns: ({ prediction }) =>
      prediction === undefined ? undefined : [`prediction.${prediction}`],
    evaluate: async (window, { settings }) => judge(window, settings),
  });
}

function judge(window: DetectorWindow, settings: Settings): Evaluation {
  const { rows, values, labels = [] } = window;
  if (!rows || !values) {
    return {
      status: 'no_data',
      message: 'No predictions whose labels are expected by now',
      signals: [],
      raised: [],
    };
  }
  const pairs = pairsOf(predictionsOf(values, settings), labels);
  const labelled = pairs.length;
  const share = labelled / values.rows;
  const counted = `${labelled} of ${values.rows} predictions have labels`;
  const { minLabels, minShare, task } = settings;
  const isEnough = labelled >= minLabels && share >= minShare;
  const coverage: Signal = {
    name: 'coverage',
    metric: 'coverage',
    value: share,
    unit: 'share of predictions',
    state: isEnough ? 'ok' : 'insufficient_data',
    message: `${counted}${
      values.rows < rows ? `, of the newest of ${rows} in the window` : ''
    }`,
  };
  if (!isEnough) {
    return {
      status: 'insufficient_data',
      message: `${counted}; a verdict needs ${minLabels} and ${percent(
        minShare,
      )} of the predictions`,
      signals: [coverage],
      raised: [],
      headline: 'coverage',
    };
  }
  const measured =
    task === 'classification'
      ? accuracyOf(pairs, settings)
      : errorOf(pairs, settings);
  const { state, name, message } = measured;
  return {
    status: state,
    message: `${message}; ${counted}`,
    signals: [measured, coverage],
    raised: state === 'ok' ? [] : [name],
    headline: name,
  };
}

function accuracyOf(pairs: Pair[], settings: Settings): Signal {
  const { warning, drift, cutoff } = settings;
  const value = shareRight(pairs, cutoff);
  const stateOf = (): DriftStatus => {
    if (value < drift) return 'drift';
    return value < warning ? 'warning' : 'ok';
  };
  return {
    name: 'accuracy',
    metric: 'accuracy',
    value,
    unit: 'share of predictions',
    thresholds: { warning, drift },
    state: stateOf(),
    message: `${percent(value)} of the labelled predictions are right`,
  };
}

function errorOf(pairs: Pair[], settings: Settings): Signal {
  const { warning, drift } = settings;
  const value = meanAbsoluteError(pairs);
  const stateOf = (): DriftStatus => {
    if (value > drift) return 'drift';
    return value > warning ? 'warning' : 'ok';
  };
  return {
    name: 'mae',
    metric: 'mean absolute error',
    value,
    unit: 'units of the label',
    thresholds: { warning, drift },
    state: stateOf(),
    message: `The mean absolute error is ${Number(value.toPrecision(4))}`,
  };
}

type Pair = { prediction: LabelValue | null; label: LabelValue };

function pairsOf(
  predictions: readonly (LabelValue | null)[],
  labels: readonly (LabelValue | undefined)[],
): Pair[] {
  return predictions.flatMap((prediction, row) => {
    const label = labels[row];
    return label === undefined ? [] : [{ prediction, label }];
  });
}

/** @throws Error where the settings do not say which of several outputs is meant, or name one that is not there */
function predictionsOf(
  values: NonNullable<DetectorWindow['values']>,
  { prediction }: Settings,
) {
  const { columns, names = Object.keys(columns) } = values;
  const wanted =
    prediction === undefined
      ? names
      : names.filter(name => name === `prediction.${prediction}`);
  if (wanted.length === 1) return columns[wanted[0]];
  const known = names.map(name => name.replace(/^prediction\./, '')).join(', ');
  throw new Error(
    prediction === undefined
      ? `the predictions have the columns ${known}; set 'prediction' to the one that is compared`
      : `the predictions have no column '${prediction}'; there are ${
          known || 'none'
        }`,
  );
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
