import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import { formatNumber } from '@downstage/react';
import { primaryMetric } from './domain/primaryMetric';

/** The number a version is judged by, with its name: `auc 0.981`. */
export function MetricText(props: {
  metrics: Record<string, number>;
  evaluation?: ModelEvaluation;
}) {
  const metric = primaryMetric(props.metrics, props.evaluation);
  if (!metric) return null;
  const text = `${metric.name} ${formatNumber(metric.value)}`;
  return (
    <span style={{ whiteSpace: 'nowrap' }} title={text}>
      {text}
    </span>
  );
}
