import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { InputError } from '@backstage/errors';
import { parseJson } from '../kernel/json';
import { headersOf } from '../auth/errors';
import type { Visitor } from '../auth/AccessControl';
import { inOnePiece } from '../kernel/bytes';
import type { ByteBudget } from './ByteBudget';
import { PayloadTooLargeError, toErrorAnswer } from './errors';

/** One request and its answer, as routes see it. */
export class Exchange {
  readonly method: string;
  readonly query: URLSearchParams;
  /** Fires when the client has gone before it was answered. */
  readonly signal: AbortSignal;
  /** Who asks, once access control has let them in. */
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
   * The bytes held count against the budget until the answer is out.
   */
  async parts(): Promise<Buffer[]> {
    const encoding = (
      this.header('content-encoding') ?? 'identity'
    ).toLowerCase();
    const declared = Number(this.header('content-length') ?? 0);
    if (declared > this.#maxBodyBytes) throw this.#tooLarge();
    let stream: Readable = this.#request;
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
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      // Not the plain loop: it destroys the request when it is left, and the connection with it can go nowhere.
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
        const bytes = chunk as Buffer;
        size += bytes.length;
        if (size > this.#maxBodyBytes) throw this.#tooLarge();
        // Counted as it arrives, not as it is promised: a promise costs nothing.
        this.#budget.take(bytes.length);
        this.#held += bytes.length;
        chunks.push(bytes);
      }
    } catch (error) {
      this.#skipRest(stream);
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
    return inOnePiece(parts);
  }

  /** The body as JSON. */
  async json(): Promise<unknown> {
    return parseJson(await this.body());
  }

  sendJson(body: unknown, status = 200): void {
    // Exactly this type: the KServe client compares the whole header.
    this.send([Buffer.from(JSON.stringify(body))], {
      status,
      headers: { 'content-type': 'application/json' },
    });
  }

  /** Sends an answer in the pieces it has: they are written as they are. */
  send(
    body: readonly Buffer[],
    options: { status?: number; headers: Record<string, string> },
  ): void {
    const { status = 200, headers } = options;
    if (this.#response.headersSent || this.#response.destroyed) return;
    // The rest of a refused body is read and forgotten, so that the client sees why; unless that is too much.
    const rest = Number(this.header('content-length') ?? Infinity);
    const close =
      !this.#request.complete && status >= 400 && rest > 8 * this.#maxBodyBytes
        ? { connection: 'close' }
        : {};
    // A client that does not read its answer holds memory too.
    const bytes = body.reduce((sum, part) => sum + part.length, 0);
    this.#budget.hold(bytes);
    this.#held += bytes;
    this.#response.writeHead(status, {
      'content-length': bytes,
      ...headers,
      ...close,
    });
    // One write to the system for all of them, with the headers; `end` lets it go.
    if (body.length > 1) this.#response.cork();
    for (const part of body.slice(0, -1)) this.#response.write(part);
    this.#response.end(body.at(-1));
  }

  sendError(error: unknown): number {
    const { status, body } = toErrorAnswer(error);
    this.send([Buffer.from(JSON.stringify(body))], {
      status,
      headers: {
        'content-type': 'application/json',
        ...((status === 503 || status === 429) && { 'retry-after': '1' }),
        ...headersOf(error),
      },
    });
    return status;
  }

  #inflate<T extends Duplex>(stream: T): T {
    // A client that goes while it sends ends the stream behind it too.
    this.#request.once('error', error => stream.destroy(error));
    this.#request.once('close', () => {
      if (!this.#request.complete) stream.destroy(new Error('cut off'));
    });
    return this.#request.pipe(stream);
  }

  /** The rest of a refused body stands between the connection and its next request: it is read and forgotten. */
  #skipRest(stream: Readable) {
    if (stream !== this.#request) {
      this.#request.unpipe();
      stream.destroy();
    }
    this.#request.resume();
  }

  #tooLarge() {
    return new PayloadTooLargeError(
      `The body is larger than ${
        this.#maxBodyBytes
      } bytes; send fewer rows at a time`,
    );
  }
}
