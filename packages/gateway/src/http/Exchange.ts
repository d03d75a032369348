import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import { InputError } from '@backstage/errors';
import { parseJson } from '../oip/decode';
import { headersOf } from '../auth/errors';
import type { Visitor } from '../auth/Guard';
import type { ByteBudget } from './ByteBudget';
import { PayloadTooLargeError, toErrorAnswer } from './errors';

/** One request and its answer, as routes see it. */
export class Exchange {
  readonly method: string;
  readonly query: URLSearchParams;
  /** Fires when the client has gone before it was answered. */
  readonly signal: AbortSignal;
  /** Who asks, once the guard has let them in. */
  visitor: Visitor | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #maxBodyBytes: number;
  readonly #budget: ByteBudget;
  #held = 0;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    options: {
      query: URLSearchParams;
      maxBodyBytes: number;
      budget: ByteBudget;
    },
  ) {
    this.method = request.method ?? 'GET';
    this.query = options.query;
    this.#request = request;
    this.#response = response;
    this.#maxBodyBytes = options.maxBodyBytes;
    this.#budget = options.budget;
    const gone = new AbortController();
    this.signal = gone.signal;
    response.once('close', () => {
      this.#budget.giveBack(this.#held);
      this.#held = 0;
      if (!response.writableFinished) gone.abort();
    });
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /**
   * The body as it arrived, in pieces and inflated; its type is not looked at, because clients do not send it truthfully.
   * What is held counts against the budget until the answer is out.
   */
  async parts(): Promise<Buffer[]> {
    const encoding = (
      this.header('content-encoding') ?? 'identity'
    ).toLowerCase();
    let stream: NodeJS.ReadableStream = this.#request;
    if (encoding === 'gzip') stream = this.#inflate(createGunzip());
    else if (encoding === 'deflate') stream = this.#inflate(createInflate());
    else if (encoding !== 'identity') {
      throw new InputError(
        `Content-Encoding is ${encoding.slice(
          0,
          40,
        )}; gzip, deflate and identity are understood`,
      );
    }
    const declared = Number(this.header('content-length') ?? 0);
    if (declared > this.#maxBodyBytes) throw this.#tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of stream) {
        const bytes = chunk as Buffer;
        size += bytes.length;
        if (size > this.#maxBodyBytes) throw this.#tooLarge();
        // Counted as it arrives, not as it is promised: a promise costs nothing.
        this.#budget.take(bytes.length);
        this.#held += bytes.length;
        chunks.push(bytes);
      }
    } catch (error) {
      if (error instanceof PayloadTooLargeError) throw error;
      if (error instanceof Error && error.name === 'ServiceUnavailableError') {
        throw error;
      }
      throw new InputError('The body could not be read', error);
    }
    return chunks;
  }

  /** The body in one piece. */
  async body(): Promise<Buffer> {
    const parts = await this.parts();
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  /** The body as JSON. */
  async json(): Promise<unknown> {
    return parseJson(await this.body());
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
    // The rest of a refused body is read and forgotten, so that the client sees why; unless that is too much.
    const rest = Number(this.header('content-length') ?? Infinity);
    const close =
      status === 413 && rest > 8 * this.#maxBodyBytes
        ? { connection: 'close' }
        : {};
    // A client that does not read its answer holds memory too.
    this.#budget.hold(body.length);
    this.#held += body.length;
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
        ...((status === 503 || status === 429) && { 'retry-after': '1' }),
        ...headersOf(error),
      },
    });
    return status;
  }

  #inflate<T extends NodeJS.ReadWriteStream & { destroy(error?: Error): void }>(
    stream: T,
  ): T {
    // A client that goes while it sends ends the stream behind it too.
    this.#request.once('error', error => stream.destroy(error));
    this.#request.once('close', () => {
      if (!this.#request.complete) stream.destroy(new Error('cut off'));
    });
    return this.#request.pipe(stream);
  }

  #tooLarge() {
    return new PayloadTooLargeError(
      `The body is larger than ${
        this.#maxBodyBytes
      } bytes; send fewer rows at a time`,
    );
  }
}
