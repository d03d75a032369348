import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import { InputError } from '@backstage/errors';
import { PayloadTooLargeError, toErrorAnswer } from './errors';

/** One request and its answer, as routes see it. */
export class Exchange {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #maxBodyBytes: number;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    options: { query: URLSearchParams; maxBodyBytes: number },
  ) {
    this.method = request.method ?? 'GET';
    this.query = options.query;
    this.#request = request;
    this.#response = response;
    this.#maxBodyBytes = options.maxBodyBytes;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** The body, inflated; its type is not looked at, because clients do not send it truthfully. */
  async body(): Promise<Buffer> {
    const encoding = this.header('content-encoding') ?? 'identity';
    let stream: NodeJS.ReadableStream = this.#request;
    if (encoding === 'gzip') stream = this.#request.pipe(createGunzip());
    else if (encoding === 'deflate')
      stream = this.#request.pipe(createInflate());
    else if (encoding !== 'identity') {
      throw new InputError(
        `Content-Encoding is ${encoding}; gzip, deflate and identity are understood`,
      );
    }
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of stream) {
        const bytes = Buffer.from(chunk);
        size += bytes.length;
        if (size > this.#maxBodyBytes) {
          throw new PayloadTooLargeError(
            `The body is larger than ${
              this.#maxBodyBytes
            } bytes; send fewer rows at a time`,
          );
        }
        chunks.push(bytes);
      }
    } catch (error) {
      if (error instanceof PayloadTooLargeError) throw error;
      throw new InputError('The body could not be read', error);
    }
    return Buffer.concat(chunks);
  }

  /** The body as JSON. */
  async json(): Promise<unknown> {
    const body = await this.body();
    try {
      return JSON.parse(body.toString('utf8'));
    } catch (error) {
      throw new InputError(
        `The body is not JSON: ${
          error instanceof Error ? error.message : error
        }`,
      );
    }
  }

  sendJson(body: unknown, status = 200): void {
    // Exactly this type: the KServe client compares the whole header.
    this.send(Buffer.from(JSON.stringify(body)), {
      status,
      headers: { 'content-type': 'application/json' },
    });
  }

  send(
    body: Buffer,
    options: { status?: number; headers: Record<string, string> },
  ): void {
    const { status = 200, headers } = options;
    if (this.#response.headersSent || this.#response.destroyed) return;
    // What is left of a refused body is not worth reading.
    const close = status === 413 ? { connection: 'close' } : {};
    this.#response.writeHead(status, {
      'content-length': body.length,
      ...headers,
      ...close,
    });
    this.#response.end(body);
  }

  sendError(error: unknown): number {
    const { status, body } = toErrorAnswer(error);
    this.send(Buffer.from(JSON.stringify(body)), {
      status,
      headers: {
        'content-type': 'application/json',
        ...(status === 503 && { 'retry-after': '1' }),
      },
    });
    return status;
  }
}
