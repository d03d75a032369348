import type { HttpAuthService } from '@backstage/backend-plugin-api';
import { createContractRouter } from '@downstage/node';
import { mlMonitoringContract } from '@downstage/plugin-ml-monitoring-common';
import type { MonitorService } from './services/MonitorService';

/** The contract, turned into calls of the service. */
export function createRouter(options: {
  httpAuth: HttpAuthService;
  monitors: MonitorService;
}) {
  const { httpAuth, monitors } = options;
  return createContractRouter({
    contract: mlMonitoringContract,
    httpAuth,
    handlers: {
      listMonitors: async (_, context) => ({
        items: await monitors.list(context),
      }),
      getMonitor: ({ params }, context) => monitors.get(params, context),
      listWindows: async ({ params, query }, context) => ({
        items: await monitors.listWindows({ ...params, ...query }, context),
      }),
      getWindow: ({ params }, context) =>
        monitors.getWindow(params.id, context),
      getBaseline: ({ params, query }, context) =>
        monitors.getBaseline({ ...params, ...query }, context),
      evaluateMonitor: ({ params }, context) =>
        monitors.evaluate(params, context),
      previewRetraining: ({ params }, context) =>
        monitors.previewRetraining(params, context),
      retrainModel: ({ params, body }, context) =>
        monitors.retrain({ ...params, ...body }, context),
    },
  });
}
