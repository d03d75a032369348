import { createPermission } from '@backstage/plugin-permission-common';
import { defineTokenScopes } from '@downstage/common';

/** Look at endpoints, their traffic and where their prediction log lies. */
export const mlServingReadPermission = createPermission({
  name: 'ml.serving.read',
  attributes: { action: 'read' },
  resourceType: 'ml-endpoint',
});

/** Create, delete and change endpoints. The service also asks that the caller owns the model. */
export const mlServingChangePermission = createPermission({
  name: 'ml.serving.change',
  attributes: { action: 'update' },
  resourceType: 'ml-endpoint',
});

/** Ask an endpoint for predictions. A model is made to be used by others, so ownership is not asked. */
export const mlServingPredictPermission = createPermission({
  name: 'ml.serving.predict',
  attributes: {},
  resourceType: 'ml-endpoint',
});

export const mlServingPermissions = [
  mlServingReadPermission,
  mlServingChangePermission,
  mlServingPredictPermission,
];

/** What access tokens may do with endpoints. */
export const mlServingTokenScopes = defineTokenScopes({
  pluginId: 'ml-serving',
  scopes: {
    read: { allows: [mlServingReadPermission] },
    serve: { allows: [mlServingReadPermission, mlServingChangePermission] },
    predict: { allows: [mlServingPredictPermission] },
  },
});
