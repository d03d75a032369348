import { monitorChangedChannel } from '@downstage/plugin-ml-monitoring-common';
import { useLoad, type ModelHealth } from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlMonitoringApiRef } from '../api';
import { driftTones } from '../components/MonitorStatus';
import { mlMonitoringTranslationRef } from '../translation';

/** Whether models drift, for the models that a list shows. */
export function useDriftHealth(modelRefs: readonly string[]) {
  const api = useApi(mlMonitoringApiRef);
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const models = modelRefs.join(',');
  const { value } = useLoad(
    async signal =>
      models
        ? api.listMonitors({ query: { models, limit: 500 } }, { signal })
        : { items: [] },
    [api, models],
    { channel: monitorChangedChannel },
  );
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
  const { value } = useLoad(
    signal =>
      api.listMonitors(
        { query: { status: 'drift,warning', limit: 200 } },
        { signal },
      ),
    [api],
    { channel: monitorChangedChannel },
  );
  return (value?.items ?? []).map(({ modelRef }) => modelRef);
}
