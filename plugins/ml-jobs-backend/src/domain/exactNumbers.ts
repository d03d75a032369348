import { InputError } from '@backstage/errors';
import { inQuotes, type Parameters } from '@downstage/plugin-ml-jobs-common';

/**
 * Refuses whole numbers that a request in JSON cannot have kept: whether their last digit is right, nobody knows.
 *
 * @throws InputError that says how to send the value
 */
export function requireExact(parameters: Parameters | undefined): void {
  for (const [name, value] of Object.entries(parameters ?? {})) {
    if (
      typeof value === 'number' &&
      Number.isInteger(value) &&
      !Number.isSafeInteger(value)
    ) {
      throw new InputError(
        `The parameter ${name} is ${value}, which a number keeps only up to ${Number.MAX_SAFE_INTEGER}; ${inQuotes}`,
      );
    }
  }
}
