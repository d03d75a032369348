import type { Comparison } from '../searchGrammar/parseFilter';
import type { SearchFactStore } from '../stores/SearchFactStore';
import { artifactPathOf, type ModelFiles } from './ModelFiles';

/** How long an owner may differ from the catalog's in a search. */
const ownersFreshMs = 30_000;
/** Versions read before one search; the rest is read before the next. */
const versionsAtOnce = 200;
/** A model whose file is still not there after this time will not get one; one that lies elsewhere, as prompts do, never will. */
const giveUpMs = 24 * 3_600_000;

/**
 * Brings up to date what a search is about to ask for: owners from the catalog,
 * flavors from the MLmodel files of versions that nobody has read.
 *
 * @remarks
 * Done when asked, so there is nothing to keep running; versions from before
 * the column was there are read the same way, 200 with each search.
 */
export class SearchFacts {
  readonly #facts: SearchFactStore;
  readonly #files: ModelFiles;
  readonly #entityOwners: (
    names: string[],
  ) => Promise<Map<string, string | undefined>>;
  readonly #clock: () => number;
  #ownersAt = -Infinity;

  constructor(options: {
    facts: SearchFactStore;
    files: ModelFiles;
    /** Owners of `model:default/<name>` in the catalog. */
    entityOwners: (names: string[]) => Promise<Map<string, string | undefined>>;
    clock: () => number;
  }) {
    this.#facts = options.facts;
    this.#files = options.files;
    this.#entityOwners = options.entityOwners;
    this.#clock = options.clock;
  }

  /** Call before a search whose filter and order name these things. */
  async refreshFor(named: Pick<Comparison, 'entity' | 'key'>[]): Promise<void> {
    const names = (key: string) =>
      named.some(item => item.entity === 'attribute' && item.key === key);
    if (names('flavor')) await this.readFlavors();
    if (names('owner')) await this.#readOwners();
  }

  /** Reads the files of versions that nobody has read yet. */
  async readFlavors(): Promise<void> {
    const versions = await this.#facts.unread(versionsAtOnce);
    for (const version of versions) {
      const { storageLocation, createdAt } = version;
      const { flavors } = await this.#files.read(storageLocation);
      const isHopeless =
        artifactPathOf(storageLocation) === undefined ||
        this.#clock() - createdAt > giveUpMs;
      if (flavors.length > 0 || isHopeless) {
        await this.#facts.setFlavors(version, flavors);
      }
    }
  }

  async #readOwners(): Promise<void> {
    const now = this.#clock();
    if (now - this.#ownersAt < ownersFreshMs) return;
    let after = '';
    for (;;) {
      const page = await this.#facts.owners(after, 500);
      const owners = await this.#entityOwners(page.map(({ name }) => name));
      for (const { name, entityOwner } of page) {
        const owner = owners.get(name);
        if (owner !== entityOwner) await this.#facts.setOwner(name, owner);
      }
      if (page.length < 500) break;
      after = page[page.length - 1].name;
    }
    this.#ownersAt = now;
  }
}
