import type {
  AuditorService,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { createContractRouter } from '@downstage/node';
import { mlMonitoringContract } from '@downstage/plugin-ml-monitoring-common';
import type { MonitorService } from './services/MonitorService';

/** The contract, turned into calls of the service. */
export function createRouter(options: {
  httpAuth: HttpAuthService;
  auditor: AuditorService;
  monitors: MonitorService;
}) {
  const { httpAuth, monitors } = options;
  return createContractRouter({
    contract: mlMonitoringContract,
    httpAuth,
    auditor: options.auditor,
    handlers: {
      listMonitors: ({ query }, context) => monitors.list(query, context),
      countMonitors: (_, context) => monitors.count({}, context),
      getMonitor: ({ params }, context) => monitors.get(params, context),
      listWindows: ({ params, query }, context) =>
        monitors.listWindows({ ...params, ...query }, context),
      getWindow: ({ params }, context) =>
        monitors.getWindow(params.id, context),
      getBaseline: ({ params, query }, context) =>
        monitors.getBaseline({ ...params, ...query }, context),
      evaluateMonitor: ({ params }, context) =>
        monitors.evaluate(params, context),
      listDetectors: (_, context) => monitors.detectors({}, context),
      getNamedMonitor: ({ params }, context) => monitors.get(params, context),
      saveMonitor: ({ params, body }, context) =>
        monitors.save({ ...params, ...body }, context),
      deleteMonitor: ({ params }, context) => monitors.remove(params, context),
      listNamedWindows: ({ params, query }, context) =>
        monitors.listWindows({ ...params, ...query }, context),
      evaluateNamedMonitor: ({ params }, context) =>
        monitors.evaluate(params, context),
      sendLabels: ({ params, body }, context) =>
        monitors.sendLabels({ ...params, ...body }, context),
      previewRetraining: ({ params }, context) =>
        monitors.previewRetraining(params, context),
      retrainModel: ({ params, body }, context) =>
        monitors.retrain({ ...params, ...body }, context),
    },
  });
}
