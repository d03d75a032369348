import type { RootConfigService } from '@backstage/backend-plugin-api';
import { checkExternalLocation, type ExternalSource } from './externalSources';

/**
 * Reads where models may be registered from, beside this server.
 *
 * @throws InputError when a location is no address with a scheme
 */
export function readExternalSources(
  config: RootConfigService,
): ExternalSource[] {
  const entries =
    config.getOptionalConfigArray('mlRegistry.externalSources') ?? [];
  return entries.map(entry => ({
    location: checkExternalLocation(entry.getString('location')),
    owners: entry.getOptionalStringArray('owners'),
  }));
}
