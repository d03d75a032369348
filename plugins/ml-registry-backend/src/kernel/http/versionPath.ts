import { InputError } from '@backstage/errors';
import type { Request } from 'express';
import type { VersionPath } from '../refs';

/** The version that an address names; `example` is how such an address goes on after it. */
export function versionPathOf(request: Request, example: string): VersionPath {
  const { namespace, name, version } = request.params;
  if (!/^[1-9]\d{0,8}$/.test(version)) {
    throw new InputError(
      `Expected a version number, found '${version}', as in versions/3/${example}`,
    );
  }
  return { namespace, name, version: Number(version) };
}
