import type {
  AuditorService,
  AuthService,
  BackstageCredentials,
  PluginMetadataService,
} from '@backstage/backend-plugin-api';
import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { InputError } from '@backstage/errors';
import type { Request } from 'express';
import { z } from 'zod';
import { refusalsAudited } from '../audit/audited';
import { callerOf, rememberRequest } from '../caller/caller';
import { describeIssues, pathOfZero } from '../http/describeIssues';
import { refusalOf } from '../http/refusals';

/**
 * A registry whose actions answer wrong input as routes do: in words, and as the caller's mistake.
 *
 * @remarks
 * Backstage holds input to an action's own schema. A stricter schema inside of the action may find more that is wrong.
 * To an agent that would be an internal error, and it would try the same again.
 *
 * With `deps`, the audit trail names the person as the actor of what an action changes. It is also told of changes that
 * were refused.
 */
export function refusingActions(
  registry: ActionsRegistryService,
  deps?: {
    auditor: AuditorService;
    auth: AuthService;
    plugin: PluginMetadataService;
  },
): ActionsRegistryService {
  return {
    register: options =>
      registry.register({
        ...options,
        action: async context => {
          const zero = pathOfZero(context.input);
          if (zero !== undefined) {
            throw new InputError(
              `Invalid input: a text must not hold a zero character\n  → at ${zero}`,
            );
          }
          const changes = options.attributes?.readOnly !== true;
          if (deps && changes) {
            rememberRequest(
              context.credentials,
              await requestOfAction(options.name, context.credentials, deps),
            );
          }
          try {
            if (!deps || !changes) return await options.action(context);
            return await refusalsAudited(
              deps.auditor,
              {
                caller: callerOf(context.credentials),
                meta: { operation: options.name },
              },
              () => options.action(context),
            );
          } catch (error) {
            if (error instanceof z.ZodError) {
              throw new InputError(`Invalid input: ${describeIssues(error)}`);
            }
            throw refusalOf(error) ?? error;
          }
        },
      }),
  };
}

/**
 * An action has no HTTP request that we can see, and the auditor reads the actor from one. So it gets one that says
 * the same as the call: in whose name, and what was called.
 */
async function requestOfAction(
  name: string,
  credentials: BackstageCredentials,
  deps: { auth: AuthService; plugin: PluginMetadataService },
): Promise<Request> {
  const { token } = await deps.auth.getPluginRequestToken({
    onBehalfOf: credentials,
    targetPluginId: deps.plugin.getId(),
  });
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  return {
    method: 'ACTION',
    originalUrl: name,
    headers,
    get: (header: string) => headers[header.toLowerCase()],
  } as unknown as Request;
}
