import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { tokenPattern, tokenPrefix } from '@downstage/plugin-ml-tokens-common';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const checksumLength = 6;
const secretLength = 43;

/** A new secret: 256 random bits and their checksum, `dst_` in front. */
export function newSecret(): string {
  const random = BigInt(`0x${randomBytes(32).toString('hex')}`);
  const body = base62(random, secretLength);
  return `${tokenPrefix}${body}${checksumOf(body)}`;
}

/**
 * Whether the text can be a secret of ours, without asking anybody: what is cut short, mistyped or made up fails.
 *
 * @remarks
 * The checksum is no protection, but it keeps rubbish away from the database.
 */
export function isWellFormed(secret: string): boolean {
  if (!tokenPattern.test(secret)) return false;
  const body = secret.slice(tokenPrefix.length, -checksumLength);
  return secret.endsWith(checksumOf(body));
}

/** What is kept of a secret. A single round is enough: there is nothing to guess in 256 random bits. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function checksumOf(body: string): string {
  return base62(BigInt(crc32(body)), checksumLength);
}

function base62(value: bigint, length: number): string {
  let text = '';
  let rest = value;
  for (let index = 0; index < length; index++) {
    text = digits[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return text;
}
