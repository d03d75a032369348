/**
 * How other backends reach `ml-serving`: its service and its topic.
 *
 * @packageDocumentation
 */
export { mlServingServiceRef, type MlServingService } from './service';
export { endpointChangedTopic } from './topics';
export {
  createMlEndpointConditionalDecision,
  mlEndpointConditions,
  mlEndpointResource,
} from './permissions';
