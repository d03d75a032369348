import type { RootConfigService } from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import type { RequestHandler } from 'express';
import { isIP } from 'node:net';

/** The headers by which a browser says where its page believes to be. */
type Headers = { host?: string; origin?: string };

/** Names under which the portal is reached: its own addresses by config, this machine, and what config adds. */
export function readKnownHosts(config: RootConfigService): Set<string> {
  const urls = ['app.baseUrl', 'backend.baseUrl'].flatMap(
    key => config.getOptionalString(key) ?? [],
  );
  return new Set([
    'localhost',
    ...urls.map(url => new URL(url).hostname.toLowerCase()),
    ...(
      config.getOptionalStringArray('auth.providers.example.allowedHosts') ?? []
    ).map(name => name.toLowerCase()),
  ]);
}

/**
 * Refuses a request to a name that is not the portal's.
 *
 * @remarks
 * Anybody's web page can let its own name point to this machine. For the browser it is then of one origin with the
 * portal. It still says its own name here. An address of digits has no name that could point elsewhere.
 *
 * @throws NotAllowedError
 */
export function requireKnownHost(known: Set<string>, headers: Headers): void {
  const { host, origin } = headers;
  refuseUnknown(known, 'Host', host, host && `http://${host}`);
  if (origin !== undefined) refuseUnknown(known, 'Origin', origin, origin);
}

/** Holds those ways to sign in that ask for no password to the portal's own names. */
export function onlyKnownHosts(known: Set<string>): RequestHandler {
  return (request, _response, next) => {
    requireKnownHost(known, request.headers);
    next();
  };
}

function refuseUnknown(
  known: Set<string>,
  header: string,
  value: string | undefined,
  url: string | undefined,
) {
  const name = url === undefined ? undefined : hostnameOf(url);
  if (name !== undefined && (known.has(name) || isIP(name))) return;
  throw new NotAllowedError(
    `Signing in without a password works under the portal's own names only: the ${header} '${
      value ?? ''
    }' is none of ${[...known].join(
      ', ',
    )}. Open the portal under one of them, or add the name to auth.providers.example.allowedHosts`,
  );
}

function hostnameOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  return new URL(url).hostname.toLowerCase().replace(/^\[|\]$/g, '');
}
