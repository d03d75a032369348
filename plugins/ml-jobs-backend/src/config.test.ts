import { mockServices } from '@backstage/backend-test-utils';
import { readMlJobsConfig } from './config';

const read = (log: Record<string, number>) =>
  readMlJobsConfig(
    mockServices.rootConfig({ data: { mlJobs: { local: { log } } } }),
  ).local.log;

describe('what is kept of a log', () => {
  it('is its first and its last 64 MiB, and 8 MiB a second for long', () => {
    expect(read({})).toEqual({
      headBytes: 67_108_864,
      tailBytes: 67_108_864,
      bytesPerSecond: 8_388_608,
    });
  });

  it('is what the configuration says', () => {
    expect(read({ headMiB: 1, tailMiB: 1.5, perSecondMiB: 2 })).toEqual({
      headBytes: 1_048_576,
      tailBytes: 1_572_864,
      bytesPerSecond: 2_097_152,
    });
  });

  it.each([0, -1, 0.5, 1e9])('is never %d MiB', tailMiB => {
    expect(() => read({ tailMiB })).toThrow(
      `mlJobs.local.log.tailMiB is ${tailMiB}; expected a number of MiB from 1 to 1048576`,
    );
  });
});
