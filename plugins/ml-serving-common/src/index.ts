/**
 * The contract of `ml-serving`, its permissions and events, and what the gateway is told.
 *
 * @packageDocumentation
 */
export {
  accessDecisionSchema,
  inputExampleSchema,
  mlServingContract,
  predictionLogFileSchema,
  predictionLogSchema,
  servabilitySchema,
  type AccessDecision,
  type InputExample,
  type PredictionLog,
  type PredictionLogFile,
  type Servability,
} from './contract';
export {
  NO_GATEWAY,
  cellSchema,
  endpointAccessSchema,
  endpointSchema,
  endpointStates,
  predictRequestSchema,
  predictResponseSchema,
  rolloutSchema,
  rolloutStates,
  type Cell,
  type Endpoint,
  type EndpointAccess,
  type EndpointVariant,
  type PredictRequest,
  type PredictResponse,
  type Rollout,
} from './endpoint';
export {
  endpointChangedSchema,
  endpointChangedTopicName,
  type EndpointChanged,
} from './events';
export {
  columnSchema,
  columnTypes,
  gatewayAccessSchema,
  gatewayDesiredStateSchema,
  gatewayEndpointSchema,
  gatewayLimitSchema,
  gatewayModelNameSchema,
  gatewayStatsSchema,
  gatewayStatusSchema,
  gatewayVersionSchema,
  gatewayVersionStatusSchema,
  leadingVariant,
  servedVariantSchema,
  trafficBucketSchema,
  variantModes,
  type Column,
  type GatewayAccess,
  type GatewayDesiredState,
  type GatewayEndpoint,
  type GatewayLimit,
  type GatewayStats,
  type GatewayStatus,
  type GatewayVersion,
  type GatewayVersionStatus,
  type ServedVariant,
  type TrafficBucket,
} from './gatewayState';
export { PREDICTION_ID_HEADER, predictionIdOf } from './predictionId';
export {
  inputExampleFiles,
  rowsOfExample,
  type ExampleRows,
} from './inputExample';
export {
  mlServingChangePermission,
  mlServingPermissions,
  mlServingPredictPermission,
  mlServingReadPermission,
  mlServingTokenScopes,
} from './permissions';
