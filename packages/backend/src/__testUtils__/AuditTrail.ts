import type { SecuredPortal } from './securedPortal';

/** The portal's own work, such as a promotion that goes on by itself. */
const ofPlugin = /^service:ml-[a-z]+$/;

type Asked = { id: string; status: number; events: string[] };

/** Keeps what the auditor was told while something was asked. So a test can say what it should have been told. */
export class AuditTrail {
  readonly #entries: () => SecuredPortal['entries'];
  readonly #asked: Asked[] = [];

  constructor(entries: () => SecuredPortal['entries']) {
    this.#entries = entries;
  }

  async during<T extends { status: number }>(
    id: string,
    ask: () => Promise<T>,
  ): Promise<T> {
    const before = this.#entries().length;
    const answer = await ask();
    const events = this.#entries()
      .slice(before)
      .filter(({ meta }) => !ofPlugin.test(String(meta?.actor)))
      .map(({ eventId, meta }) => `${eventId} by ${meta?.actor}`);
    this.#asked.push({ id, status: answer.status, events });
    return answer;
  }

  /**
   * What was asked, done or refused, without one event that names who asked, or with the same event twice. What is not
   * found or makes no sense changes nothing.
   */
  wrong(options: {
    made: (id: string) => boolean;
    refused: (id: string) => boolean;
  }) {
    const wrong = this.#asked.filter(({ id, status, events }) => {
      const wanted =
        (status < 300 && options.made(id)) ||
        (status === 403 && options.refused(id));
      return wanted && (!events.length || new Set(events).size < events.length);
    });
    return [
      ...new Set(
        wrong.map(({ id, status, events }) => `${id}: ${status} ${events}`),
      ),
    ];
  }

  /** Events that name neither a person nor a token or job of a group, but at most a plugin. */
  nameless() {
    return this.#entries()
      .filter(
        ({ meta }) => !/^(user:|service:[^/]+\/)/.test(String(meta?.actor)),
      )
      .map(({ eventId }) => eventId);
  }

  /** How many different operations were asked with an answer that {@link wrong} looks at. */
  get size() {
    const looked = this.#asked.filter(
      ({ status }) => status < 300 || status === 403,
    );
    return new Set(looked.map(({ id }) => id)).size;
  }
}
