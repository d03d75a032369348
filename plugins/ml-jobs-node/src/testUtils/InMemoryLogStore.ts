import { planAppend, type LogName, type LogStore } from '../logs';

/** Logs in memory, for tests. Stores of several portals may share the map. */
export class InMemoryLogStore implements LogStore {
  readonly #logs: Map<string, Buffer>;
  readonly #mostBytes: number;

  constructor(
    options: { logs?: Map<string, Buffer>; mostBytes?: number } = {},
  ) {
    this.#logs = options.logs ?? new Map();
    this.#mostBytes = options.mostBytes ?? 1_000_000;
  }

  async append(log: LogName, piece: { offset: number; bytes: Uint8Array }) {
    const before = this.#of(log);
    const plan = planAppend(
      { size: before.length, mostBytes: this.#mostBytes },
      piece,
    );
    this.#logs.set(keyOf(log), Buffer.concat([before, plan.bytes]));
    return { size: plan.size, isFull: plan.isFull };
  }

  async end(log: LogName) {
    const size = this.#of(log).length;
    return { size, isFull: size >= this.#mostBytes };
  }

  async read(log: LogName, options: { offset: number; limit: number }) {
    return pieceOf(this.#of(log), options);
  }

  #of(log: LogName): Buffer {
    return this.#logs.get(keyOf(log)) ?? Buffer.alloc(0);
  }
}

function keyOf({ jobId, attempt, worker }: LogName): string {
  return JSON.stringify([jobId, attempt, worker?.role, worker?.rank]);
}

const continues = (byte: number | undefined) =>
  byte !== undefined && byte >= 0x80 && byte < 0xc0;

/** Whole characters from a byte offset; a negative one counts from the end. */
function pieceOf(bytes: Buffer, options: { offset: number; limit: number }) {
  const size = bytes.length;
  const wanted = options.offset < 0 ? size + options.offset : options.offset;
  let from = Math.min(Math.max(wanted, 0), size);
  while (options.offset < 0 && continues(bytes[from])) from++;
  const end = Math.min(size, from + Math.max(options.limit, 4));
  let to = end;
  while (to > from && end - to < 4 && continues(bytes[to])) to--;
  // Bytes that are no text are let through, so that reading always advances.
  if (to === from || continues(bytes[to])) to = end;
  return {
    text: bytes.subarray(from, to).toString('utf8'),
    offset: from,
    nextOffset: to,
    size,
  };
}
