import { ServiceUnavailableError } from '@backstage/errors';
import {
  accessDecisionSchema,
  type AccessDecision,
} from '@downstage/plugin-ml-serving-common';
import { z } from 'zod';
import { RefusedError, UnauthenticatedError } from './errors';

const timeoutMs = 5_000;
const errorSchema = z.object({ error: z.object({ message: z.string() }) });

/** Asks the portal who a token speaks for and which endpoints it may ask; a test gives its own. */
export type AskPortal = (request: {
  servingUrl: string;
  token: string;
  endpoints: string[];
}) => Promise<AccessDecision>;

/**
 * Asks with the caller's own token, so the portal judges it as it judges every request.
 *
 * @throws UnauthenticatedError when the portal does not know the token
 * @throws RefusedError when the caller may ask nothing at all
 * @throws ServiceUnavailableError when the portal does not answer
 */
export const askPortal: AskPortal = async request => {
  const { servingUrl, token, endpoints } = request;
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${servingUrl}/v1/access-decisions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ endpoints }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    body = await response.json();
  } catch (error) {
    throw new ServiceUnavailableError('The portal does not answer', error);
  }
  if (response.ok) return accessDecisionSchema.parse(body);
  const parsed = errorSchema.safeParse(body);
  const message = parsed.success
    ? parsed.data.error.message
    : `The portal answered ${response.status}`;
  if (response.status === 401) {
    throw new UnauthenticatedError(message, { invalidToken: true });
  }
  if (response.status === 403) throw new RefusedError(message);
  throw new ServiceUnavailableError(message);
};
