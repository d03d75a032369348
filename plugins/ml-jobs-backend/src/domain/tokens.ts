import { createHash, randomBytes } from 'node:crypto';

/** Recognisable in a log or a leak scan, and never a Backstage token by mistake. */
const prefix = 'dsjob_';

export function newToken(): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/** A plain hash is enough: the token is 256 random bits, there is nothing to guess. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Ten letters and digits without those that people mix up. */
export function newJobId(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from(
    randomBytes(10),
    byte => letters[byte % letters.length],
  ).join('');
}
