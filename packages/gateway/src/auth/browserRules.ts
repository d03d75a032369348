import { isIP } from 'node:net';
import { NotAllowedError } from '@backstage/errors';
import { MisdirectedRequestError, UnsupportedMediaTypeError } from './errors';

/**
 * The name a client called, without the port: a web page that had its own name point here would call that.
 * Addresses cannot be pointed elsewhere, so they are always right.
 *
 * @throws MisdirectedRequestError when the name is not one of this gateway's
 */
export function checkHost(
  header: string | undefined,
  hosts: readonly string[],
): void {
  if (header === undefined) return; // HTTP/1.0; browsers always send it
  const name = hostnameOf(header);
  if (
    name !== undefined &&
    (isIP(name.replace(/^\[|\]$/g, '')) !== 0 ||
      name === 'localhost' ||
      name.endsWith('.localhost') ||
      hosts.some(host => hostnameOf(host) === name))
  ) {
    return;
  }
  throw new MisdirectedRequestError(
    `The gateway is not called '${header.slice(
      0,
      200,
    )}'; its names are localhost and those of mlServing.gateway.hosts in the portal's configuration`,
  );
}

/**
 * Whether the request comes from a web page that may ask: `undefined` when it comes from none.
 *
 * @throws NotAllowedError when it comes from another web page
 */
export function checkOrigin(
  headers: { origin?: string; site?: string },
  origins: readonly string[],
): string | undefined {
  const { origin, site } = headers;
  if (origin !== undefined) {
    if (origins.includes(origin)) return origin;
    throw new NotAllowedError(
      `Web pages of '${origin.slice(
        0,
        200,
      )}' may not ask this gateway; mlServing.gateway.cors.origins in the portal's configuration names those that may`,
    );
  }
  // A page can send GET without an Origin; browsers then say where it stands.
  if (site === 'cross-site' || site === 'same-site') {
    throw new NotAllowedError('Web pages may not ask this gateway');
  }
  return undefined;
}

const plainTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
];

/**
 * The three content types that a web page may send anywhere without being asked first are refused. No content type
 * at all is accepted, because Triton's client sends none.
 *
 * @throws UnsupportedMediaTypeError
 */
export function checkContentType(header: string | undefined): void {
  const type = header?.split(';')[0].trim().toLowerCase();
  if (type === undefined || !plainTypes.includes(type)) return;
  throw new UnsupportedMediaTypeError(
    `Content-Type is ${type}; send application/json, or application/octet-stream for binary tensors (curl: -H 'content-type: application/json')`,
  );
}

function hostnameOf(host: string): string | undefined {
  try {
    return new URL(host.includes('://') ? host : `http://${host}`).hostname;
  } catch {
    return undefined;
  }
}
