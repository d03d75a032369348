import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@downstage/common';

/** The header that stands for a token where a client sends none: when it ends, and the proof. */
export const signatureHeader = 'x-downstage-signature';

/**
 * Short-lived permissions for one thing each, such as `PUT part 3 of upload 7`.
 * A client carries one in a header: addresses end up in logs, headers do not.
 */
export class SignedPaths {
  readonly #key: Buffer;
  readonly #clock: Clock;

  constructor(options: { key: Buffer; clock: Clock }) {
    this.#key = options.key;
    this.#clock = options.clock;
  }

  sign(what: string, expiresInSeconds: number): string {
    const until = this.#clock().getTime() + expiresInSeconds * 1000;
    return `${until}.${this.#proof(what, until).toString('hex')}`;
  }

  /** Whether this was signed here, for exactly this, and has not run out. */
  verify(what: string, signature: string | undefined): boolean {
    const [, until, proof] =
      /^(\d{1,15})\.([0-9a-f]{64})$/.exec(signature ?? '') ?? [];
    if (!until || !proof || Number(until) < this.#clock().getTime())
      return false;
    return timingSafeEqual(
      Buffer.from(proof, 'hex'),
      this.#proof(what, Number(until)),
    );
  }

  #proof(what: string, until: number): Buffer {
    return createHmac('sha256', this.#key).update(`${until}\n${what}`).digest();
  }
}
