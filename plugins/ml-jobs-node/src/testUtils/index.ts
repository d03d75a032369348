export {
  describeJobRuntime,
  type JobRuntimeFixture,
} from './describeJobRuntime';
