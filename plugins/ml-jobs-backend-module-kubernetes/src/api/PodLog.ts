import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { KubeApi } from './KubeApi';
import { KubeError, isStatus } from './KubeError';

/** A kubelet answers at once. One that does not is on a machine that is away, and is not asked again for a while. */
const openMs = 3_000;
const restMs = 30_000;
/** So long a reader waits for the first bytes of a container that runs: its log may be empty. */
const firstBytesMs = 500;

/**
 * The log of one pod from an offset on: what its containers write, one after the other. It is followed, because a cluster
 * has no offsets and cuts old lines away.
 *
 * @remarks
 * It takes from the connection only what is read. One reader at a time.
 */
export class PodLog {
  readonly podUid: string;
  readonly #api: KubeApi;
  readonly #path: string;
  readonly #containers: string[];
  readonly #stop = new AbortController();
  /** Aborted when the pod may be asked again. */
  #rest?: AbortSignal;
  /** Where the next read begins, in the log of the attempt. */
  offset: number;
  /** How many bytes of the pod are left out before it begins. */
  #skip: number;
  #at = 0;
  /** Bytes of the container that is read now, the left out ones too. */
  #ofContainer = 0;
  #stream?: IncomingMessage;
  #isFresh = false;

  constructor(options: {
    api: KubeApi;
    /** Of the pod, up to its name. */
    path: string;
    podUid: string;
    containers: string[];
    offset: number;
    skip: number;
  }) {
    this.#api = options.api;
    this.#path = options.path;
    this.podUid = options.podUid;
    this.#containers = options.containers;
    this.offset = options.offset;
    this.#skip = options.skip;
  }

  close(): void {
    this.#stop.abort();
    this.#stream?.destroy();
  }

  /**
   * The next bytes. Of a container that is over all of them, up to the limit; of one that runs those that are there.
   *
   * @param isOver - whether a container writes no more
   */
  async read(options: {
    limit: number;
    isOver: (container: string) => boolean;
    signal: AbortSignal;
  }): Promise<Buffer> {
    const { limit, isOver, signal } = options;
    const pieces: Buffer[] = [];
    let size = 0;
    while (size < limit && this.#at < this.#containers.length) {
      const container = this.#containers[this.#at];
      const over = isOver(container);
      if (!this.#stream && !(await this.#open(container, signal))) {
        if (!over) break;
        this.#next();
        continue;
      }
      const piece = this.#take(limit - size);
      if (piece) {
        pieces.push(piece);
        size += piece.length;
      } else if (this.#stream?.readableEnded || this.#stream?.destroyed) {
        this.#stream = undefined;
        // A connection of hours may be cut: what comes next is asked for again.
        if (over) this.#next();
        else break;
      } else if (over || this.#isFresh) {
        await this.#more(signal, over ? undefined : firstBytesMs);
        this.#isFresh = false;
      } else break;
    }
    this.offset += size;
    return Buffer.concat(pieces);
  }

  #next(): void {
    this.#at += 1;
    this.#ofContainer = 0;
  }

  /** False where the container has not started, or is gone with its pod. */
  async #open(container: string, reader: AbortSignal): Promise<boolean> {
    if (this.#rest && !this.#rest.aborted) throw noAnswer();
    // They end the opening only; the stream goes on for the next reader.
    const opening = new AbortController();
    const limit = AbortSignal.any([reader, AbortSignal.timeout(openMs)]);
    const giveUp = () => opening.abort(noAnswer());
    limit.addEventListener('abort', giveUp);
    try {
      this.#stream = await this.#api.stream(`${this.#path}/log`, {
        query: { container, follow: true },
        signal: AbortSignal.any([this.#stop.signal, opening.signal]),
      });
    } catch (error) {
      if (isStatus(error, 400, 404)) return false;
      if (opening.signal.aborted) this.#rest = AbortSignal.timeout(restMs);
      throw error;
    } finally {
      limit.removeEventListener('abort', giveUp);
    }
    // An error ends it; the next read asks again.
    this.#stream.on('error', () => {});
    this.#isFresh = true;
    this.#skip += this.#ofContainer;
    this.#ofContainer = 0;
    return true;
  }

  /** Bytes that have arrived, without those that are left out. */
  #take(most: number): Buffer | undefined {
    for (;;) {
      const chunk: Buffer | null = this.#stream?.read() ?? null;
      if (!chunk) return undefined;
      const left = chunk.subarray(Math.min(this.#skip, chunk.length));
      const skipped = chunk.length - left.length;
      this.#skip -= skipped;
      const taken = left.subarray(0, most);
      if (taken.length < left.length)
        this.#stream?.unshift(left.subarray(taken.length));
      this.#ofContainer += skipped + taken.length;
      if (taken.length) return taken;
    }
  }

  async #more(signal: AbortSignal, ms: number | undefined): Promise<void> {
    const stream = this.#stream;
    if (!stream) return;
    const done = new AbortController();
    const limits = [signal, done.signal];
    if (ms !== undefined) limits.push(AbortSignal.timeout(ms));
    const either = AbortSignal.any(limits);
    const heard = ['readable', 'end', 'close'].map(event =>
      once(stream, event, { signal: either }).catch(() => {}),
    );
    await Promise.race(heard);
    done.abort();
    signal.throwIfAborted();
  }
}

function noAnswer(): KubeError {
  return new KubeError('The machine of the pod does not give its log now');
}
