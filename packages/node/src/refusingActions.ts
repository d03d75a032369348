import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { InputError } from '@backstage/errors';
import { z } from 'zod';
import { describeIssues, pathOfZero } from './describeIssues';
import { refusalOf } from './refusals';

/**
 * A registry whose actions answer wrong input as routes do: in words, and as the caller's mistake.
 *
 * @remarks
 * Backstage holds input to an action's own schema; what a stricter one finds wrong inside of the action would be an
 * internal error to an agent, which then tries the same again.
 */
export function refusingActions(
  registry: ActionsRegistryService,
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
          try {
            return await options.action(context);
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
