import {
  AuthenticationError,
  InputError,
  ResponseError,
  ServiceUnavailableError,
} from '@backstage/errors';
import { z } from 'zod';
import { endingOf, exitCodes } from './exitCodes';

async function refused(status: number) {
  return ResponseError.fromResponse(
    new Response('{"error":{"name":"Error","message":"no"}}', {
      status,
      headers: { 'content-type': 'application/json' },
    }),
  );
}

it.each([
  [400, 2],
  [401, 3],
  [403, 3],
  [404, 3],
  [409, 1],
  [413, 2],
  [429, 2],
  [500, 4],
  [503, 4],
])('ends for the status %d with %d', async (status, exitCode) => {
  expect(endingOf(await refused(status)).exitCode).toBe(exitCode);
});

it.each([
  [new InputError('no'), 2],
  [new AuthenticationError('no'), 3],
  [new ServiceUnavailableError('no'), 4],
  [new Error('no'), 1],
])('ends for %s with %d', (error, exitCode) => {
  expect(endingOf(error).exitCode).toBe(exitCode);
});

it('says what can be done where something is not there or not allowed', async () => {
  expect(endingOf(await refused(404)).next).toContain('downstage jobs list');
});

it('ends with 4 for an answer that does not fit the contract', () => {
  const { error } = z.string().safeParse(1);
  expect(endingOf(error).exitCode).toBe(exitCodes.unreachable);
});
