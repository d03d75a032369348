import { mockServices } from '@backstage/backend-test-utils';
import { usualAdmission } from './domain/admission/queueOptions';
import { readAdmission } from './readAdmission';

const read = (mlJobs: object) =>
  readAdmission(
    mockServices
      .rootConfig({ data: { mlJobs } as never })
      .getOptionalConfig('mlJobs'),
  );

describe('the queues of the configuration', () => {
  it('are one without limits where none is configured', () => {
    expect(readAdmission(undefined)).toEqual(usualAdmission);
    expect(read({})).toEqual(usualAdmission);
  });

  it('are read with their groups, quotas and loans', () => {
    const { queues, priorities, reserveAfterMs } = read({
      queues: {
        research: {
          groups: ['research', 'group:default/vision'],
          runtimes: ['kubernetes'],
          weight: 2,
          quota: { cpu: 32, memory: '64Gi', gpus: 4 },
          borrows: true,
          borrowLimit: { gpus: 2 },
          lends: true,
          monthly: { gpuHours: 500 },
        },
      },
      priorities: { urgent: { value: 200 } },
      reserveAfterMinutes: 30,
    });
    expect(queues).toEqual([
      {
        name: 'research',
        groups: ['group:default/research', 'group:default/vision'],
        runtimes: ['kubernetes'],
        weight: 2,
        quota: { cpu: 32, memory: 64 * 2 ** 30, gpus: 4 },
        borrowing: { gpus: 2 },
        lends: true,
        period: { gpuHours: 500 },
        held: false,
        accepts: true,
      },
      usualAdmission.queues[0],
    ]);
    expect(priorities.urgent).toEqual({ value: 200, preemptible: false });
    expect(priorities.background.preemptible).toBe(true);
    expect(reserveAfterMs).toBe(30 * 60_000);
  });

  it.each([
    [
      { queues: { a: { weight: 0 } } },
      'mlJobs.queues.a.weight is 0; expected a number above 0',
    ],
    [
      { queues: { a: { quota: { memory: '4GB' } } } },
      "mlJobs.queues.a.quota.memory is '4GB'; expected an amount such as 512Mi or 64Gi",
    ],
    [
      { queues: { a: { quota: { gpus: -1 } } } },
      'mlJobs.queues.a.quota.gpus is -1; expected a number of at least 0',
    ],
  ])('are refused where they are wrong: %j', (config, message) => {
    expect(() => read(config)).toThrow(message);
  });
});
