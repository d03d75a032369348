import type { LabelValue } from '@downstage/plugin-ml-monitoring-common';
import { describeDetector } from '@downstage/plugin-ml-monitoring-node/testUtils';
import { performanceDetector } from './performanceDetector';

function windowOf(
  predictions: LabelValue[],
  labels: (LabelValue | undefined)[],
  name = 'prediction.class',
) {
  const rows = predictions.length;
  return {
    modelRef: 'model:default/churn',
    version: 1,
    rows,
    ...(rows > 0 && {
      values: { rows, columns: { [name]: predictions } },
      labels,
    }),
  };
}

const classes = ['a', 'a', 'b', 'b'];
describeDetector('performanceDetector, of classes', async () => ({
  detector: performanceDetector(),
  settings: { task: 'classification', minLabels: 2, warning: 0.9, drift: 0.5 },
  badSettings: { task: 'classification', warning: 0.5, drift: 0.9 },
  windows: {
    quiet: windowOf(classes, classes),
    alarming: windowOf(classes, ['b', 'b', 'a', undefined]),
    small: windowOf(classes, ['a', undefined, undefined, undefined]),
    empty: windowOf([], []),
  },
}));

describeDetector('performanceDetector, of numbers', async () => ({
  detector: performanceDetector(),
  settings: { task: 'regression', minLabels: 2, warning: 1, drift: 2 },
  badSettings: { task: 'regression', cutoff: 0.5, warning: 1, drift: 2 },
  windows: {
    quiet: windowOf([1, 2, 3], [1.5, 2, undefined]),
    alarming: windowOf([1, 2, 3], [4, 5, 6]),
    small: windowOf([1, 2, 3], [1, undefined, undefined]),
    empty: windowOf([], []),
  },
}));

describe('performanceDetector', () => {
  const judge = (
    settings: object,
    predictions: LabelValue[],
    labels: (LabelValue | undefined)[],
    more: Record<string, LabelValue[]> = {},
  ) => {
    const window = windowOf(predictions, labels);
    const values = window.values && {
      ...window.values,
      columns: { ...window.values.columns, ...more },
    };
    return performanceDetector()
      .configure({ minLabels: 1, warning: 0.8, drift: 0.5, ...settings })
      .evaluate(
        { ...window, ...(values && { values }) },
        { signal: new AbortController().signal },
      );
  };
  const task = 'classification';
  const accuracyOf = async (
    predictions: LabelValue[],
    labels: (LabelValue | undefined)[],
    settings: object = {},
  ) =>
    (await judge({ task, ...settings }, predictions, labels)).signals[0].value;

  it.each<[string, LabelValue[], LabelValue[], number]>([
    ['numbers and their texts', [1, 0, 1], ['1', '0.0', '0'], 2 / 3],
    ['yes and no and their numbers', [1, 0], [true, false], 1],
    ['yes and no and their words', [true, false], ['True', 'true'], 0.5],
    ['texts by each letter', ['01', 'a'], ['1', 'A'], 0],
  ])('compares %s', async (_, predictions, labels, accuracy) => {
    expect(await accuracyOf(predictions, labels)).toBeCloseTo(accuracy, 12);
  });

  it('takes a score from its cutoff on as yes', async () => {
    const labels = [true, '1', 0, 'no'];
    expect(
      await accuracyOf([0.5, 0.4, 0.1, 0.1], labels, { cutoff: 0.5 }),
    ).toBe(0.5);
  });

  it('says how many of the predictions have labels, and waits for enough of them', async () => {
    const settings = { task, minShare: 0.5 };
    const predictions = ['a', 'a', 'a', 'a', 'a'];
    const two = ['a', 'a', undefined, undefined, undefined];
    expect(await judge(settings, predictions, two)).toMatchObject({
      status: 'insufficient_data',
      message:
        '2 of 5 predictions have labels; a verdict needs 1 and 50 % of the predictions',
      signals: [{ name: 'coverage', value: 0.4 }],
    });
    expect(
      await judge({ ...settings, minShare: 0.4 }, predictions, two),
    ).toMatchObject({ status: 'ok' });
  });

  it('asks which output is meant, and which there are', async () => {
    const more = { 'prediction.score': [0.5] };
    await expect(judge({ task }, ['a'], ['a'], more)).rejects.toThrow(
      "the predictions have the columns class, score; set 'prediction'",
    );
    await expect(
      judge({ task, prediction: 'no' }, ['a'], ['a'], more),
    ).rejects.toThrow("no column 'no'; there are class, score");
    expect(
      await judge({ task, prediction: 'class' }, ['a'], ['a'], more),
    ).toMatchObject({ status: 'ok' });
  });

  it('has read the output alone that the settings name, and knows the others', async () => {
    const settings = { task, prediction: 'class', warning: 0.8, drift: 0.5 };
    const detector = performanceDetector();
    const configured = detector.configure({ ...settings, minLabels: 1 });
    expect(configured.columns).toEqual(['prediction.class']);
    expect(
      detector.configure({ task, warning: 0.8, drift: 0.5 }).columns,
    ).toBeUndefined();
    const window = windowOf(['a'], ['a']);
    const names = ['prediction.class', 'prediction.score'];
    const asked = (prediction: string, columns: Record<string, LabelValue[]>) =>
      detector
        .configure({ ...settings, prediction, minLabels: 1 })
        .evaluate(
          { ...window, values: { names, rows: 1, columns } },
          { signal: new AbortController().signal },
        );
    expect(await asked('class', { 'prediction.class': ['a'] })).toMatchObject({
      status: 'ok',
    });
    await expect(asked('no', {})).rejects.toThrow('there are class, score');
  });

  it('measures no distance of what is no number', async () => {
    await expect(
      judge({ task: 'regression', drift: 1 }, [1], ['a']),
    ).rejects.toThrow('a label is no number');
  });
});
