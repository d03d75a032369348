import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { KubeApi } from './KubeApi';
import { KubeError, isStatus } from './KubeError';

type Watched = { metadata: { name: string; resourceVersion: string } };

const eventSchema = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.unknown(),
});
const bookmarkSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
});
const errorSchema = z.object({
  code: z.number().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

/** The server ends a watch after a time between these two, so that not all of them end together. */
const watchSeconds = { least: 240, most: 300 };
/** A server that says nothing for so long after the end of a watch is not there any more. */
const silenceMs = 30_000;
const pause = { first: 500, most: 30_000 };
/** One event is an object of at most a few megabytes. */
const mostLineLength = 16 * 1024 * 1024;

/**
 * The objects of one kind with one label, as they are now: listed once, then watched.
 *
 * @remarks
 * `isCurrent` is false from a failure until the next answer; who needs to know then asks the cluster. A version that has
 * expired (410) is listed anew. A watch that ends goes on from the last version that was seen. After a failure there
 * is a pause, from half a second up to half a minute.
 */
export class ListWatch<T extends Watched> {
  readonly #api: KubeApi;
  readonly #path: () => Promise<string>;
  readonly #selector: string;
  readonly #schema: z.ZodType<T>;
  readonly #onFailure: (error: unknown) => void;
  readonly #isOptional: boolean;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  #objects = new Map<string, T>();
  #version?: string;
  #isCurrent = false;
  #failures = 0;
  #loop?: Promise<void>;

  constructor(options: {
    api: KubeApi;
    path: () => Promise<string>;
    selector: string;
    schema: z.ZodType<T>;
    /** A kind that the cluster may not know, such as Kueue's: then there are none. */
    isOptional?: boolean;
    onFailure?: (error: unknown) => void;
    random?: () => number;
  }) {
    this.#api = options.api;
    this.#path = options.path;
    this.#selector = options.selector;
    this.#schema = options.schema;
    this.#isOptional = options.isOptional ?? false;
    this.#onFailure = options.onFailure ?? (() => {});
    this.#random = options.random ?? Math.random;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  all(): T[] {
    return [...this.#objects.values()];
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list();
        const sawSomething = await this.#watch();
        // A watch lasts minutes. One that ends at once, again and again, is a server in trouble.
        if (!sawSomething) await this.#pause();
      } catch (error) {
        if (signal.aborted) return;
        this.#isCurrent = false;
        if (isExpired(error)) this.#version = undefined;
        else if (this.#isOptional && isStatus(error, 404)) this.#isNone();
        else this.#onFailure(error);
        await this.#pause();
      }
    }
  }

  /** The cluster does not know the kind, for now. */
  #isNone(): void {
    this.#objects.clear();
    this.#version = undefined;
    this.#isCurrent = true;
  }

  async #pause(): Promise<void> {
    const ms = Math.min(pause.most, pause.first * 2 ** this.#failures);
    this.#failures += 1;
    await sleep(ms * (0.5 + this.#random() / 2), undefined, {
      signal: this.#stop.signal,
      ref: false,
    }).catch(() => {});
  }

  async #list(): Promise<void> {
    const { items, resourceVersion } = await this.#api.list(
      await this.#path(),
      this.#schema,
      {
        query: { labelSelector: this.#selector },
        signal: this.#stop.signal,
      },
    );
    this.#objects = new Map(items.map(item => [item.metadata.name, item]));
    this.#version = resourceVersion;
    this.#isCurrent = true;
  }

  /** Until the server ends it; says whether anything came. */
  async #watch(): Promise<boolean> {
    const { least, most } = watchSeconds;
    const seconds = Math.round(least + this.#random() * (most - least));
    // A connection that is half open would hang for ever.
    const limit = AbortSignal.timeout(seconds * 1_000 + silenceMs);
    const signal = AbortSignal.any([this.#stop.signal, limit]);
    const stream = await this.#api.stream(await this.#path(), {
      query: {
        labelSelector: this.#selector,
        watch: true,
        allowWatchBookmarks: true,
        timeoutSeconds: seconds,
        resourceVersion: this.#version,
      },
      signal,
    });
    this.#isCurrent = true;
    let sawSomething = false;
    for await (const line of linesOf(stream)) {
      this.#take(line);
      sawSomething = true;
      this.#failures = 0;
    }
    return sawSomething;
  }

  #take(line: string): void {
    const { type, object } = eventSchema.parse(JSON.parse(line));
    if (type === 'ERROR') {
      const {
        code,
        reason,
        message = 'The watch failed',
      } = errorSchema.parse(object);
      throw new KubeError(message, { status: code, reason });
    }
    if (type === 'BOOKMARK') {
      this.#version = bookmarkSchema.parse(object).metadata.resourceVersion;
      return;
    }
    const seen = this.#schema.parse(object);
    const { name, resourceVersion } = seen.metadata;
    if (type === 'DELETED') this.#objects.delete(name);
    else this.#objects.set(name, seen);
    this.#version = resourceVersion;
  }
}

function isExpired(error: unknown): boolean {
  return (
    isStatus(error, 410) ||
    (error instanceof KubeError && error.reason === 'Expired')
  );
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > mostLineLength)
      throw new KubeError('The cluster sent an event that is too long');
    for (const line of lines) if (line) yield line;
  }
}
