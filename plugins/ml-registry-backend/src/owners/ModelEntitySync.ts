import type { Clock } from '@downstage/common';
import type { ReconcilePatch } from '@downstage/node';
import type { ModelEntityStore } from './ModelEntityStore';
import type { ModelProfiles } from './ModelProfiles';

/** Entities that one step reads: one request to the catalog. */
const entitiesAtOnce = 200;
const changedEveryMs = 5_000;
const betweenPagesMs = 500;
const checkEveryMs = 10 * 60_000;

/**
 * Keeps the registry's copy of Model entities, which lists are made from.
 *
 * @remarks
 * New models and those an event named are read within seconds. Beside that all are compared slowly, a page at a time.
 * So a lost event and a removed entity are found within minutes. Rights and gates never rely on the copy: they read the
 * catalog.
 */
export class ModelEntitySync {
  readonly #entities: ModelEntityStore;
  readonly #profiles: ModelProfiles;
  readonly #clock: Clock;

  constructor(options: {
    entities: ModelEntityStore;
    profiles: ModelProfiles;
    clock: Clock;
  }) {
    this.#entities = options.entities;
    this.#profiles = options.profiles;
    this.#clock = options.clock;
  }

  /** Reads what is known to be new; lists call it first, so that a model is found as soon as it is registered. */
  async readNew(): Promise<void> {
    const names = await this.#entities.unread(entitiesAtOnce);
    if (names.length) await this.#read(names);
  }

  /** The entities of these models may have changed. */
  async changed(names: string[]): Promise<void> {
    await this.#entities.markUnread(names);
  }

  /** One step: of what changed, or of the check of all. */
  async step(id: string): Promise<ReconcilePatch> {
    if (id === 'all') return this.#checkPage();
    const names = await this.#entities.unread(entitiesAtOnce);
    if (names.length) await this.#read(names);
    const isMore = names.length === entitiesAtOnce;
    return { next_reconcile_at: this.#in(isMore ? 0 : changedEveryMs) };
  }

  async #checkPage(): Promise<ReconcilePatch> {
    const after = await this.#entities.position();
    const names = await this.#entities.namesAfter(after, entitiesAtOnce);
    if (names.length) await this.#read(names);
    const isEnd = names.length < entitiesAtOnce;
    return {
      after: isEnd ? '' : names[names.length - 1],
      next_reconcile_at: this.#in(isEnd ? checkEveryMs : betweenPagesMs),
    };
  }

  async #read(names: string[]) {
    const profiles = await this.#profiles.getAll(names);
    await this.#entities.save(
      names.map(name => {
        const profile = profiles.get(name);
        return {
          name,
          hasEntity: profile?.hasEntity ?? false,
          title: profile?.title,
          description: profile?.description,
          owner: profile?.owner,
          risk: profile?.risk ?? 'minimal',
          conflict: profile?.conflict,
        };
      }),
      this.#clock().toISOString(),
    );
  }

  #in(ms: number) {
    return new Date(this.#clock().getTime() + ms).toISOString();
  }
}
