import { compareInt64, type Int64 } from '../../kernel/int64';
import type { LoggedMetric } from './RunDataStore';

type Entry = { key: string; value: string };

/** A point as its row has it. */
export type Point = {
  key: string;
  timestamp: Int64;
  step: Int64;
  /** 0 for NaN. */
  value: number;
  isNan: boolean;
};

/** A batch as it is written: nothing twice, everything in the order of its keys, which keeps writers from deadlocks. */
export type PreparedBatch = {
  params: Entry[];
  points: Point[];
  /** The greatest (step, timestamp, value) of each key. */
  latest: Point[];
  modelPoints: (Point & {
    modelId: string;
    datasetName: string;
    datasetDigest: string;
  })[];
  tags: Entry[];
  /** The run's new name. */
  name?: string;
};

/** Keys of `params` must differ; of a tag given twice the last value wins. */
export function prepareBatch(batch: {
  metrics: LoggedMetric[];
  params: Entry[];
  tags: Entry[];
  name?: string;
}): PreparedBatch {
  const points = new Map<string, Point>();
  const latest = new Map<string, Point>();
  const modelPoints = new Map<string, PreparedBatch['modelPoints'][number]>();
  for (const metric of batch.metrics) {
    const isNan = Number.isNaN(metric.value);
    const { key, timestamp, step } = metric;
    const point = {
      key,
      timestamp,
      step,
      value: isNan ? 0 : metric.value,
      isNan,
    };
    points.set(`${key}\n${timestamp}\n${step}\n${metric.value}`, point);
    const known = latest.get(key);
    if (!known || comparePoints(point, known) > 0) latest.set(key, point);
    if (metric.modelId) {
      modelPoints.set(`${metric.modelId}\n${key}\n${timestamp}\n${step}`, {
        ...point,
        modelId: metric.modelId,
        datasetName: metric.datasetName ?? '',
        datasetDigest: metric.datasetDigest ?? '',
      });
    }
  }
  const tags = new Map(batch.tags.map(tag => [tag.key, tag]));
  return {
    params: [...batch.params].sort(byKey),
    points: [...points.values()].sort((a, b) => byKey(a, b) || byTime(a, b)),
    latest: [...latest.values()].sort(byKey),
    modelPoints: [...modelPoints.values()].sort(
      (a, b) => compare(a.modelId, b.modelId) || byKey(a, b) || byTime(a, b),
    ),
    tags: [...tags.values()].sort(byKey),
    name: batch.name,
  };
}

function comparePoints(a: Point, b: Point): number {
  return (
    compareInt64(a.step, b.step) ||
    compareInt64(a.timestamp, b.timestamp) ||
    a.value - b.value
  );
}

function byTime(a: Point, b: Point): number {
  return compareInt64(a.timestamp, b.timestamp) || compareInt64(a.step, b.step);
}

function byKey(a: { key: string }, b: { key: string }): number {
  return compare(a.key, b.key);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
