import {
  monitorChangedChannel,
  type Monitor,
} from '@downstage/plugin-ml-monitoring-common';
import { useLoad, type Loaded } from '@downstage/react';
import { useApi } from '@backstage/frontend-plugin-api';
import { mlMonitoringApiRef } from '../api';
import { firstMonitor, isFirst, type Which } from './whichMonitor';

/** A monitor of a model, or `null` when it is not watched. Fetched again whenever something changes. */
export function useMonitor(
  ref: { namespace: string; name: string },
  which: Which = firstMonitor,
): Loaded<Monitor | null> {
  const { namespace, name } = ref;
  const { kind, name: monitor } = which;
  const api = useApi(mlMonitoringApiRef);
  return useLoad(
    async signal => {
      try {
        const params = { namespace, name };
        return await (isFirst(which)
          ? api.getMonitor({ params }, { signal })
          : api.getNamedMonitor(
              { params: { ...params, kind, monitor } },
              { signal },
            ));
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    [namespace, name, kind, monitor],
    { channel: monitorChangedChannel },
  );
}

/** Whether the server says that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  return (
    error.name === 'NotFoundError' ||
    (cause instanceof Error && cause.name === 'NotFoundError')
  );
}
