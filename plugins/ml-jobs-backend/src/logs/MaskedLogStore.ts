import type { LogName, LogStore } from '@downstage/plugin-ml-jobs-node';
import { longestSecret, type Secrets } from '../domain/secrets';

type Range = { offset: number; limit: number; isOver?: boolean };

/**
 * Hides secrets in a store of a module, which does not know them. They are hidden when a log is read, so that a secret
 * of two pieces is found.
 *
 * @remarks
 * An offset inside of a character begins at that character. So no part of a secret is shown by an offset.
 */
export class MaskedLogStore implements LogStore {
  readonly #store: LogStore;
  readonly #secrets: Secrets;

  constructor(options: { store: LogStore; secrets: Secrets }) {
    this.#store = options.store;
    this.#secrets = options.secrets;
  }

  append(log: LogName, piece: { offset: number; bytes: Uint8Array }) {
    return this.#store.append(log, piece);
  }

  end(log: LogName) {
    return this.#store.end(log);
  }

  async read(log: LogName, range: Range) {
    const { before, piece } = await this.#whole(log, range);
    const after = await this.#store.read(log, {
      ...{ offset: piece.nextOffset, limit: longestSecret },
      isOver: range.isOver,
    });
    const parts = [before, piece.text, after.text].map(text =>
      Buffer.from(text),
    );
    const [first, shown, last] = parts.map(({ length }) => length);
    const all = Buffer.concat(parts);
    const isEnd = after.nextOffset >= after.size;
    const begun =
      isEnd && !range.isOver ? this.#secrets.begunAtEnd(all) - last : 0;
    const held = Math.min(Math.max(0, begun), shown);
    const text = this.#secrets
      .mask(all)
      .subarray(first, first + shown - held)
      .toString('utf8');
    return { ...piece, text, nextOffset: piece.nextOffset - held };
  }

  /** What was asked for from a whole character, and what stands before it. */
  async #whole(log: LogName, range: Range) {
    const { isOver } = range;
    const piece = await this.#store.read(log, range);
    const { offset } = piece;
    if (offset === 0) return { before: '', piece };
    const from = Math.max(0, offset - longestSecret);
    const before = await this.#store.read(log, {
      ...{ offset: from, limit: offset - from, isOver },
    });
    if (before.nextOffset === offset) return { before: before.text, piece };
    // Stores read four bytes at least: before the fifth byte they pass the offset.
    const isPassed = before.nextOffset > offset;
    const start = isPassed ? 0 : before.nextOffset;
    const limit = range.limit + offset - start;
    return {
      before: isPassed ? '' : before.text,
      piece: await this.#store.read(log, { offset: start, limit, isOver }),
    };
  }
}
