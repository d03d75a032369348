import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '@backstage/config';
import type { RootConfigService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import type { SigningTrust } from './verifyBundle';

/**
 * Reads whose model signatures count.
 *
 * @throws InputError that names the setting, when a key or certificate cannot be read
 */
export function readSigningTrust(config: RootConfigService): SigningTrust {
  const list = (key: string) =>
    config.getOptionalConfigArray(`mlRegistry.signing.${key}`) ?? [];
  return {
    keys: list('trusted').map(entry => ({
      name: entry.getString('name'),
      publicKey: read(entry, 'publicKey', createPublicKey),
    })),
    roots: list('roots').map(entry => ({
      name: entry.getString('name'),
      certificate: read(
        entry,
        'certificate',
        text => new X509Certificate(text),
      ),
    })),
  };
}

function read<T>(entry: Config, key: string, make: (text: string) => T): T {
  const file = entry.getOptionalString(`${key}File`);
  const inline = entry.getOptionalString(key);
  const name = entry.getString('name');
  if ((file === undefined) === (inline === undefined)) {
    throw new InputError(
      `mlRegistry.signing, ${name}: give either ${key} or ${key}File`,
    );
  }
  try {
    return make(inline ?? readFileSync(file ?? '', 'utf8'));
  } catch (error) {
    throw new InputError(
      `mlRegistry.signing, ${name}: ${
        file ?? key
      } is not a PEM file the portal can read`,
      error,
    );
  }
}
