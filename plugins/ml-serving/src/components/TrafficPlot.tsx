import { useMemo } from 'react';
import type {
  Endpoint,
  TrafficBucket,
} from '@downstage/plugin-ml-serving-common';
import { Frame, Plot, useLoad } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlServingApiRef } from '../api';
import { mlServingTranslationRef } from '../translation';

/** Requests a minute as bars, latency as lines. */
export function TrafficPlot(props: { endpoint: Endpoint }) {
  const { namespace, name } = props.endpoint;
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  const traffic = useLoad(
    signal =>
      api.getTraffic(
        { params: { namespace, name }, query: { minutes: 60 } },
        { signal },
      ),
    [namespace, name],
    { pollMs: 10_000 },
  );
  return (
    <Frame
      value={traffic}
      isEmpty={({ buckets }) => buckets.every(({ count }) => count === 0)}
      empty={{
        title: t('endpoint.trafficEmpty'),
        description: t('endpoint.trafficEmptyText'),
      }}
    >
      {({ buckets }) => <Buckets buckets={buckets} />}
    </Frame>
  );
}

function Buckets(props: { buckets: TrafficBucket[] }) {
  const { buckets } = props;
  const { t } = useTranslationRef(mlServingTranslationRef);
  const option = useMemo(() => {
    const at = (value: (bucket: TrafficBucket) => number | undefined) =>
      buckets.map(bucket => [bucket.at, value(bucket) ?? null]);
    return {
      legend: {},
      tooltip: { trigger: 'axis' },
      grid: { left: 50, right: 60, top: 40, bottom: 30 },
      xAxis: { type: 'time' },
      yAxis: [
        { type: 'value', name: t('endpoint.requests'), minInterval: 1 },
        { type: 'value', name: 'ms', splitLine: { show: false } },
      ],
      series: [
        {
          type: 'bar',
          name: t('endpoint.requests'),
          barMaxWidth: 12,
          data: at(bucket => bucket.count),
        },
        {
          type: 'bar',
          name: t('endpoint.errors'),
          barMaxWidth: 12,
          data: at(bucket => bucket.errors),
        },
        {
          type: 'line',
          name: t('endpoint.p50'),
          yAxisIndex: 1,
          data: at(bucket => bucket.p50),
        },
        {
          type: 'line',
          name: t('endpoint.p99'),
          yAxisIndex: 1,
          lineStyle: { type: 'dashed' },
          data: at(bucket => bucket.p99),
        },
      ],
    };
  }, [buckets, t]);
  return <Plot option={option} label={t('endpoint.trafficLabel')} />;
}
