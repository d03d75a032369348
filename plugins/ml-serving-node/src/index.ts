/**
 * How other backends reach `ml-serving`: its service and its topic; and how modules add engines.
 *
 * @packageDocumentation
 */
export {
  downloadPredictionLogFile,
  mlServingServiceRef,
  type MlServingService,
} from './service';
export {
  mlServingEnginesExtensionPoint,
  type MlServingEnginesExtensionPoint,
} from './extensions';
export {
  hasLog,
  hasLogFiles,
  hasPredict,
  hasTraffic,
  type DesiredEndpoint,
  type EndpointObservation,
  type EngineCondition,
  type EngineDesiredState,
  type EngineLogFile,
  type ServingEngine,
  type ServingEngineWithLog,
  type ServingEngineWithLogFiles,
  type ServingEngineWithPredict,
  type ServingEngineWithTraffic,
} from './engine';
export { endpointChangedTopic } from './topics';
export {
  createMlEndpointConditionalDecision,
  mlEndpointConditions,
  mlEndpointResource,
} from './permissions';
