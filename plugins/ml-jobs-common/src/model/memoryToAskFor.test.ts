import { askForMemory, memoryToAskFor } from './memoryToAskFor';

const ended = { state: 'failed', reason: 'OutOfMemory' } as const;

it.each(['96Mi', '1.5Gi', '2Ti'])('is read from the message: %s', amount => {
  const message = `It used 2 GiB of 2 GiB and was ended; ${askForMemory(
    amount,
  )}, which is all of this machine`;
  expect(memoryToAskFor({ ...ended, message })).toBe(amount);
});

it.each([
  [{ ...ended, message: 'It needs another machine' }],
  [ended],
  [{ state: 'failed', reason: 'CommandFailed', message: askForMemory('1Gi') }],
  [{ state: 'running', reason: 'OutOfMemory', message: askForMemory('1Gi') }],
] as const)('is nothing for %j', job => {
  expect(memoryToAskFor(job)).toBeUndefined();
});
