import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
} from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fingerprintOf } from './fingerprintOf';

const VERSION = 'v1';

/**
 * Seals secrets that have to be readable again: of webhooks, to sign with them;
 * of a server that is imported from, to sign in there. AES-256-GCM, bound to
 * `purpose`, so that a sealed secret copied into another row does not open.
 *
 * @remarks
 * Both the database and the key are needed to read them. The key never is in the
 * database: it is `mlRegistry.webhooks.secretKey`, or a file that only the
 * portal's user may read.
 */
export class SecretBox {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** From any text with enough in it. */
  static fromKey(text: string): SecretBox {
    return new SecretBox(createHash('sha256').update(text).digest());
  }

  /** From a file that is made when it is not there; of two that make it at once, one does. */
  static async fromFile(path: string): Promise<SecretBox> {
    await mkdir(dirname(path), { recursive: true });
    const fresh = randomBytes(32).toString('base64');
    await writeFile(path, fresh, { flag: 'wx', mode: 0o600 }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
    return SecretBox.fromKey((await readFile(path, 'utf8')).trim());
  }

  /** Tells this key from another one, and says nothing of it. */
  get fingerprint(): string {
    return fingerprintOf(this.#key);
  }

  seal(secret: string, purpose: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    cipher.setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([
      cipher.update(secret, 'utf8'),
      cipher.final(),
    ]);
    const parts = [iv, cipher.getAuthTag(), sealed];
    return [VERSION, ...parts.map(part => part.toString('base64'))].join('.');
  }

  /** Throws when the key is another one, or the purpose. */
  open(sealed: string, purpose: string): string {
    const [version, ...parts] = sealed.split('.');
    const [iv, tag, content] = parts.map(part => Buffer.from(part, 'base64'));
    try {
      if (version !== VERSION) throw new Error(`Unknown form ${version}`);
      const decipher = createDecipheriv('aes-256-gcm', this.#key, iv);
      decipher.setAAD(Buffer.from(purpose));
      decipher.setAuthTag(tag);
      const opened = [decipher.update(content), decipher.final()];
      return Buffer.concat(opened).toString('utf8');
    } catch (error) {
      throw new Error(
        `The secret of ${purpose} was sealed with another key; set mlRegistry.webhooks.secretKey to that one, or give the secret anew`,
        { cause: error },
      );
    }
  }
}
