import { jobDuration, jobPhases } from './jobPhases';

const at = (second: number) =>
  new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const entry = (type: string, second: number) => ({
  type,
  state: 'queued' as const,
  at: at(second),
  message: type,
});

describe('the phases of a job', () => {
  it('adds up attempts and counts the last one until now', () => {
    const timeline = [
      entry('queued', 0),
      entry('preparing', 2),
      entry('running', 5),
      entry('retrying', 9),
      entry('preparing', 10),
      entry('running', 12),
    ];
    expect(jobPhases({ timeline }, new Date(at(20)))).toEqual({
      waited: 3000,
      prepared: 5000,
      ran: 12000,
    });
  });

  it('counts the time in the queue of a runtime as waiting, also after it stopped the job for another one', () => {
    const timeline = [
      entry('queued', 0),
      entry('preparing', 1),
      entry('waiting', 2),
      entry('preparing', 7),
      entry('running', 8),
      entry('preempted', 10),
      entry('running', 16),
    ];
    expect(jobPhases({ timeline, endedAt: at(20) }, new Date(at(30)))).toEqual({
      waited: 12000,
      prepared: 2000,
      ran: 6000,
    });
  });

  it('knows no duration before the start', () => {
    expect(jobDuration({}, new Date(at(9)))).toBeUndefined();
    expect(
      jobDuration({ startedAt: at(1), endedAt: at(4) }, new Date(at(9))),
    ).toBe(3000);
  });
});
