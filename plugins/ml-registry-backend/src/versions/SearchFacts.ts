import type { Clock } from '@downstage/common';
import type { Comparison } from '@downstage/plugin-ml-registry-common';
import type { SearchFactStore } from './stores/SearchFactStore';
import type { ModelFiles } from './ModelFiles';
import { artifactPathOf } from '../kernel/artifactUri';

/** Versions read before one search; the rest is read before the next. */
const versionsAtOnce = 200;
/** A model whose file is still not there after this time will not get one; one that lies elsewhere, as prompts do, never will. */
const giveUpMs = 24 * 3_600_000;

/**
 * Brings up to date what a search is about to ask for: owners of models that are
 * new, flavors from the MLmodel files of versions that nobody has read.
 *
 * @remarks
 * Versions from before the column was there are read the same way, 200 with
 * each search. What the catalog says of older models, a loop keeps up to date.
 */
export class SearchFacts {
  readonly #facts: SearchFactStore;
  readonly #files: ModelFiles;
  readonly #readEntities: () => Promise<void>;
  readonly #clock: Clock;

  constructor(options: {
    facts: SearchFactStore;
    files: ModelFiles;
    /** Reads entities of models that are new. */
    readEntities: () => Promise<void>;
    clock: Clock;
  }) {
    this.#facts = options.facts;
    this.#files = options.files;
    this.#readEntities = options.readEntities;
    this.#clock = options.clock;
  }

  /** Call before a search whose filter and order name these things. */
  async refreshFor(named: Pick<Comparison, 'entity' | 'key'>[]): Promise<void> {
    const names = (key: string) =>
      named.some(item => item.entity === 'attribute' && item.key === key);
    if (names('flavor')) await this.readFlavors();
    if (names('owner')) await this.#readEntities();
  }

  /** Reads the files of versions that nobody has read yet. */
  async readFlavors(): Promise<void> {
    const versions = await this.#facts.unread(versionsAtOnce);
    for (const version of versions) {
      const { storageLocation, createdAt } = version;
      const { flavors } = await this.#files.read(storageLocation);
      const isHopeless =
        artifactPathOf(storageLocation) === undefined ||
        this.#clock().getTime() - createdAt > giveUpMs;
      if (flavors.length > 0 || isHopeless) {
        await this.#facts.setFlavors(version, flavors);
      }
    }
  }
}
