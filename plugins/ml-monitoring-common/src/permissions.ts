import { createPermission } from '@backstage/plugin-permission-common';
import { defineTokenScopes } from '@downstage/common';

/** See monitors, windows and baselines. */
export const mlMonitoringReadPermission = createPermission({
  name: 'ml.monitoring.read',
  attributes: { action: 'read' },
  resourceType: 'ml-monitor',
});

/** Evaluate monitors, send labels, retrain; asked together with ownership of the model. */
export const mlMonitoringChangePermission = createPermission({
  name: 'ml.monitoring.change',
  attributes: { action: 'update' },
  resourceType: 'ml-monitor',
});

/**
 * Set up monitors, change their limits and delete them; asked together with ownership of the model.
 *
 * @remarks
 * It stands in no scope of a token: tokens with the scope `monitor` were made before monitors could be set up.
 */
export const mlMonitoringConfigurePermission = createPermission({
  name: 'ml.monitoring.configure',
  attributes: { action: 'update' },
  resourceType: 'ml-monitor',
});

export const mlMonitoringPermissions = [
  mlMonitoringReadPermission,
  mlMonitoringChangePermission,
  mlMonitoringConfigurePermission,
];

/** What access tokens may do with monitors. */
export const mlMonitoringTokenScopes = defineTokenScopes({
  pluginId: 'ml-monitoring',
  scopes: {
    read: { allows: [mlMonitoringReadPermission] },
    monitor: {
      allows: [mlMonitoringReadPermission, mlMonitoringChangePermission],
    },
  },
});
