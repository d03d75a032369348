import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { KubeError, isStatus } from './KubeError';

type Query = Record<string, string | number | boolean | undefined>;
type Call = { query?: Query; signal?: AbortSignal };

const statusSchema = z.object({
  reason: z.string().optional(),
  message: z.string().optional(),
});

/** No answer in this time counts as none. Streams may last longer. */
const answerMs = 20_000;
/** An error is a few lines; nobody reads more of it. */
const mostErrorBytes = 64 * 1024;

/** Where a cluster is, and how a request gets its credentials. */
export type ClusterAccess = Pick<
  KubeConfig,
  'getCurrentCluster' | 'applyToHTTPSOptions'
>;

/**
 * The few calls of one cluster, as JSON by path. `@kubernetes/client-node` brings the credentials: certificates, tokens and
 * programs that fetch them.
 *
 * @remarks
 * Every call ends: with its signal, or after 20 seconds without an answer. Its errors are `KubeError`.
 */
export class KubeApi {
  readonly #access: ClusterAccess;
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ keepAlive: true }),
  };

  constructor(access: ClusterAccess) {
    this.#access = access;
  }

  async get<T extends z.ZodType>(
    path: string,
    schema: T,
    call: Call = {},
  ): Promise<z.output<T> | undefined> {
    try {
      return schema.parse(await this.#json('GET', path, call));
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** Whole, or nothing of it where such objects are not known. */
  async list<T extends z.ZodType>(
    path: string,
    schema: T,
    call: Call,
  ): Promise<{ items: z.output<T>[]; resourceVersion: string }> {
    const page = z.object({
      metadata: z.object({
        resourceVersion: z.string().default(''),
        continue: z.string().optional(),
      }),
      items: z.array(schema).nullish(),
    });
    const items: z.output<T>[] = [];
    let next: string | undefined;
    for (;;) {
      const query = { ...call.query, limit: 500, continue: next || undefined };
      const found = page.parse(
        await this.#json('GET', path, { ...call, query }),
      );
      items.push(...(found.items ?? []));
      next = found.metadata.continue;
      if (!next)
        return { items, resourceVersion: found.metadata.resourceVersion };
    }
  }

  async create<T extends z.ZodType>(
    path: string,
    body: unknown,
    schema: T,
    call: Call = {},
  ): Promise<z.output<T>> {
    return schema.parse(await this.#json('POST', path, { ...call, body }));
  }

  /** A merge patch. */
  async patch(path: string, body: unknown, call: Call = {}): Promise<void> {
    await this.#json('PATCH', path, {
      ...call,
      body,
      contentType: 'application/merge-patch+json',
    });
  }

  /** Does nothing where there is nothing. */
  async delete(path: string, body: unknown, call: Call = {}): Promise<void> {
    try {
      await this.#json('DELETE', path, { ...call, body });
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }

  /** An answer as it comes. The one who reads it gives it up by the signal. */
  async stream(path: string, call: Call): Promise<IncomingMessage> {
    return this.#open('GET', path, call);
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  async #json(
    method: string,
    path: string,
    call: Call & { body?: unknown; contentType?: string },
  ): Promise<unknown> {
    const limit = AbortSignal.timeout(answerMs);
    const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit;
    const answer = await this.#open(method, path, { ...call, signal });
    const text = await textOf(answer);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new KubeError(
        `${method} ${path} answered no JSON: '${text.slice(0, 200)}'`,
        { cause },
      );
    }
  }

  async #open(
    method: string,
    path: string,
    call: Call & { body?: unknown; contentType?: string },
  ): Promise<IncomingMessage> {
    const cluster = this.#access.getCurrentCluster();
    if (!cluster) throw new KubeError('The kubeconfig has no current cluster');
    const url = new URL(cluster.server.replace(/\/+$/, '') + path);
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const body =
      call.body === undefined ? undefined : JSON.stringify(call.body);
    const options: RequestOptions = {
      method,
      headers: {
        accept: 'application/json',
        'user-agent': 'downstage',
        ...(body !== undefined && {
          'content-type': call.contentType ?? 'application/json',
          'content-length': Buffer.byteLength(body),
        }),
      },
    };
    await this.#access.applyToHTTPSOptions(options);
    const isPlain = url.protocol === 'http:';
    // Theirs is a new one for each call; one through a proxy is kept.
    if (!cluster.proxyUrl)
      options.agent = this.#agents[isPlain ? 'http:' : 'https:'];
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { request } = isPlain ? http : https;
      const asked = request(url, { ...options, signal: call.signal }, resolve);
      asked.on('error', cause =>
        reject(
          new KubeError(`${method} ${path} got no answer: ${cause.message}`, {
            cause,
          }),
        ),
      );
      asked.end(body);
    });
    const { statusCode: status = 0 } = answer;
    if (status >= 200 && status < 300) return answer;
    throw await refusalOf(`${method} ${path}`, answer, status);
  }
}

async function refusalOf(
  what: string,
  answer: IncomingMessage,
  status: number,
): Promise<KubeError> {
  const text = await textOf(answer, mostErrorBytes).catch(() => '');
  const said = statusSchema.safeParse(parsed(text));
  const { reason, message = text.trim().slice(0, 500) } = said.data ?? {};
  return new KubeError(message || `${what} answered ${status}`, {
    status,
    reason,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textOf(answer: IncomingMessage, most = Infinity) {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= most) break;
    }
  } catch (cause) {
    throw new KubeError('The answer of the cluster was cut', { cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}
