import { monitorChangedChannel } from '@downstage/plugin-ml-monitoring-common';
import { useLoad, type ModelHealth } from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlMonitoringApiRef } from '../api';
import { driftTones } from '../components/MonitorStatus';
import { mlMonitoringTranslationRef } from '../translation';

/** Whether models drift, for lists of models. */
export function useDriftHealth() {
  const api = useApi(mlMonitoringApiRef);
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const { value } = useLoad(signal => api.listMonitors({}, { signal }), [api], {
    channel: monitorChangedChannel,
  });
  const byModel = new Map(
    value?.items.map(monitor => [monitor.modelRef, monitor]),
  );
  return (modelRef: string): ModelHealth | undefined => {
    const monitor = byModel.get(modelRef);
    if (!monitor) return undefined;
    const { namespace, name } = parseEntityRef(modelRef);
    return {
      tone: driftTones[monitor.status],
      label: t(`status.${monitor.status}`),
      href: `/catalog/${[namespace, 'model', name]
        .map(encodeURIComponent)
        .join('/')}/monitoring`,
    };
  };
}

/** Models that drift, or are about to. */
export function useDriftingModels(): readonly string[] {
  const api = useApi(mlMonitoringApiRef);
  const { value } = useLoad(signal => api.listMonitors({}, { signal }), [api], {
    channel: monitorChangedChannel,
  });
  return (value?.items ?? [])
    .filter(({ status }) => ['error', 'warning'].includes(driftTones[status]))
    .map(({ modelRef }) => modelRef);
}
