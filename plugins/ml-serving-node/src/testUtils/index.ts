/**
 * What the tests of engines share. Import from `@downstage/plugin-ml-serving-node/testUtils`, in tests only.
 *
 * @packageDocumentation
 */
export {
  describeServingEngine,
  type ServingEngineFixture,
} from './describeServingEngine';
export { FakeServingEngine } from './FakeServingEngine';
export {
  FakeServingEngineWithLog,
  type LoggedPrediction,
} from './FakeServingEngineWithLog';
