/**
 * The contract of `ml-serving`, its permissions and events, and what the gateway is told.
 *
 * @packageDocumentation
 */
export {
  accessDecisionSchema,
  mlServingContract,
  predictionLogSchema,
  servabilitySchema,
  type AccessDecision,
  type PredictionLog,
  type Servability,
} from './contract';
export {
  cellSchema,
  endpointAccessSchema,
  endpointSchema,
  endpointStates,
  predictRequestSchema,
  predictResponseSchema,
  type Cell,
  type Endpoint,
  type EndpointAccess,
  type EndpointVariant,
  type PredictRequest,
  type PredictResponse,
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
  trafficBucketSchema,
  type Column,
  type GatewayAccess,
  type GatewayDesiredState,
  type GatewayEndpoint,
  type GatewayLimit,
  type GatewayStats,
  type GatewayStatus,
  type GatewayVersion,
  type GatewayVersionStatus,
  type TrafficBucket,
} from './gatewayState';
export {
  mlServingChangePermission,
  mlServingPermissions,
  mlServingPredictPermission,
  mlServingReadPermission,
} from './permissions';
