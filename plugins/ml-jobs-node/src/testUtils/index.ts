/**
 * What the tests of runtimes share. Import from `@downstage/plugin-ml-jobs-node/testUtils`, in tests only.
 *
 * @packageDocumentation
 */
export {
  describeJobRuntime,
  type JobRuntimeFixture,
} from './describeJobRuntime';
