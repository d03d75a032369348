/**
 * What the tests of runtimes share. Import from `@downstage/plugin-ml-jobs-node/testUtils`, in tests only.
 *
 * @packageDocumentation
 */
export {
  describeJobRuntime,
  type JobRuntimeFixture,
} from './describeJobRuntime';
export { describeLogStore, type LogStoreFixture } from './describeLogStore';
export { InMemoryLogStore } from './InMemoryLogStore';
export {
  InMemoryCluster,
  InMemoryRuntime,
  type InMemoryProgram,
} from './InMemoryRuntime';
