/**
 * The contract of `ml-serving`, its permissions and events, and what the gateway is told.
 *
 * @packageDocumentation
 */
export {
  mlServingContract,
  predictionLogSchema,
  type PredictionLog,
} from './contract';
export {
  cellSchema,
  endpointSchema,
  endpointStates,
  predictRequestSchema,
  predictResponseSchema,
  type Cell,
  type Endpoint,
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
  gatewayDesiredStateSchema,
  gatewayEndpointSchema,
  gatewayModelNameSchema,
  gatewayStatsSchema,
  gatewayStatusSchema,
  gatewayVersionSchema,
  gatewayVersionStatusSchema,
  trafficBucketSchema,
  type Column,
  type GatewayDesiredState,
  type GatewayEndpoint,
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
