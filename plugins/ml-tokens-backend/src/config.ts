import type { RootConfigService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import type { Lifetimes } from './domain/lifetime';

/** The section `mlTokens` of the configuration, with its defaults. */
export function readMlTokensConfig(root: RootConfigService): Lifetimes {
  const maxDays = root.getOptionalNumber('mlTokens.maxDays') ?? 365;
  const defaultDays =
    root.getOptionalNumber('mlTokens.defaultDays') ?? Math.min(90, maxDays);
  const whole = [defaultDays, maxDays].every(
    days => Number.isInteger(days) && days >= 1,
  );
  if (!whole || defaultDays > maxDays) {
    throw new InputError(
      `mlTokens.defaultDays is ${defaultDays} and mlTokens.maxDays ${maxDays}; expected whole days with 1 <= defaultDays <= maxDays`,
    );
  }
  return { defaultDays, maxDays };
}
