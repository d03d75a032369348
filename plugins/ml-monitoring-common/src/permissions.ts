import { createPermission } from '@backstage/plugin-permission-common';

/** See monitors, windows and baselines. */
export const mlMonitoringReadPermission = createPermission({
  name: 'ml.monitoring.read',
  attributes: { action: 'read' },
});

/** Evaluate a monitor and retrain its model; asked together with ownership of the model. */
export const mlMonitoringChangePermission = createPermission({
  name: 'ml.monitoring.change',
  attributes: { action: 'update' },
});

export const mlMonitoringPermissions = [
  mlMonitoringReadPermission,
  mlMonitoringChangePermission,
];
