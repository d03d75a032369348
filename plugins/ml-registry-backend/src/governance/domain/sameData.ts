import type {
  DatasetInput,
  Measurement,
} from '@downstage/plugin-ml-registry-common';

/** What is known of how a version was measured. */
export type Measured = {
  /** The last value of each metric of the run. */
  metrics: Record<string, number>;
  /** What the run read, with the context the client gave. */
  datasets: DatasetInput[];
  /** Values that name the data they were measured on. */
  measurements: Measurement[];
};

type Data = { name: string; digest: string };

/** Two values that may be compared, or why there are none. */
export type SameData =
  | { comparable: true; value: number; other: number; on: string }
  | { comparable: false; saw: string; why: string; how: string };

/**
 * Finds two values of one metric measured on the same data: same name, same digest.
 *
 * @remarks
 * A value that names its data (`log_metric(…, dataset=…)`) is taken before one that does not. Otherwise the values of
 * the runs count where both runs logged the same evaluation data, and no other. Data to learn from is never data to
 * compare on.
 */
export function onSameData(
  metric: string,
  version: Measured,
  champion: Measured & { version: number },
): SameData {
  const own = version.measurements.filter(m => m.metric === metric);
  const its = champion.measurements.filter(m => m.metric === metric);
  for (const { value, dataset } of own) {
    const twin = its.find(other => same(other.dataset, dataset));
    if (twin) {
      return {
        comparable: true,
        value,
        other: twin.value,
        on: spell([dataset]),
      };
    }
  }
  const data = evaluationData(version);
  const championData = evaluationData(champion);
  const value = version.metrics[metric];
  const other = champion.metrics[metric];
  if (
    data.length &&
    value !== undefined &&
    other !== undefined &&
    sameSet(data, championData)
  ) {
    return { comparable: true, value, other, on: spell(data) };
  }
  // A champion measured again on this version's data; this version's own value is that of its run.
  for (const { value: measured, dataset } of its) {
    if (value !== undefined && sameSet(data, [dataset])) {
      return {
        comparable: true,
        value,
        other: measured,
        on: spell([dataset]),
      };
    }
  }
  return incomparable();

  function incomparable(): SameData {
    const ours = [...data, ...own.map(({ dataset }) => dataset)];
    const theirs = [...championData, ...its.map(({ dataset }) => dataset)];
    if (!ours.length) {
      return {
        comparable: false,
        saw: 'no evaluation data',
        why: `Nobody can tell on which data ${metric} was measured, so it cannot be compared with version ${champion.version}`,
        how: 'Log the evaluation data in the run of this version: mlflow.log_input(dataset, context="evaluation")',
      };
    }
    return {
      comparable: false,
      saw: theirs.length
        ? `version ${champion.version} on ${spell(theirs)}`
        : `no evaluation data of version ${champion.version}`,
      why: `${metric} of this version was measured on ${spell(
        ours,
      )}, and version ${champion.version} in production was not`,
      how: `Evaluate version ${champion.version} on that data: mlflow.log_metric("${metric}", …, model_id="<its logged model>", dataset=dataset)`,
    };
  }
}

/** What a run was measured on: the client says so by the context. */
function evaluationData({ datasets }: Measured): Data[] {
  return datasets.filter(
    ({ context, digest }) =>
      digest && /^(eval|test|valid|val$|hold-?_?out)/i.test(context ?? ''),
  );
}

function same(a: Data, b: Data) {
  return a.name === b.name && a.digest === b.digest;
}

function sameSet(a: Data[], b: Data[]) {
  const covers = (one: Data[], two: Data[]) =>
    one.every(data => two.some(other => same(data, other)));
  return a.length > 0 && covers(a, b) && covers(b, a);
}

function spell(data: Data[]) {
  return [
    ...new Set(data.map(({ name, digest }) => `${name} (${digest})`)),
  ].join(', ');
}
