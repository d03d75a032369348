import { describeKill, describeOutOfMemory } from './describeMemory';

const mib = 1024 ** 2;
const gib = 1024 ** 3;

describe('a job that was over its memory', () => {
  it.each([
    [
      1 * gib,
      1.25 * gib,
      16 * gib,
      'It used 1.3 GiB of 1 GiB and was ended; ask for memory: 2Gi',
    ],
    [
      200 * mib,
      201 * mib,
      16 * gib,
      'It used 201 MiB of 200 MiB and was ended; ask for memory: 384Mi',
    ],
    [
      1 * gib,
      1.01 * gib,
      16 * gib,
      'It used 1.1 GiB of 1 GiB and was ended; ask for memory: 1.5Gi',
    ],
    [
      1 * gib,
      9 * gib,
      16 * gib,
      'It used 9 GiB of 1 GiB and was ended; ask for memory: 12Gi',
    ],
    [
      12 * gib,
      12.5 * gib,
      15 * gib,
      'It used 12.5 GiB of 12 GiB and was ended; ask for memory: 15Gi, which is all of this machine',
    ],
    [
      16 * gib,
      16.5 * gib,
      16 * gib,
      'It used 16.5 GiB of 16 GiB and was ended; this machine has 16 GiB in all, so it needs less memory or another machine',
    ],
  ])(
    'of %d bytes that used %d on a machine of %d is told: %s',
    (limitBytes, usedBytes, machineBytes, message) => {
      expect(describeOutOfMemory({ limitBytes, usedBytes, machineBytes })).toBe(
        message,
      );
    },
  );
});

describe('a command that was killed', () => {
  it('is told of the lack of memory where the system ended a process', () => {
    expect(describeKill({ usedBytes: 3 * gib, killsBySystem: 1 })).toBe(
      'The command was killed from outside (signal 9), probably by the system for lack of memory: it ended 1 process in that time; it had used 3 GiB of memory at most',
    );
  });

  it('is not told of a lack of memory that was not there', () => {
    expect(describeKill({ usedBytes: 5 * mib, killsBySystem: 0 })).toMatch(
      /not by the portal; the system ended no process for lack of memory/,
    );
  });

  it('is told what is usual where nothing is known', () => {
    expect(describeKill({})).toBe(
      'The command was killed from outside (signal 9), often by the system for lack of memory',
    );
  });
});
