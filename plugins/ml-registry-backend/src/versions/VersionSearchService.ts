import type { Call } from '@downstage/node';
import type { FoundVersion } from '@downstage/plugin-ml-registry-common';
import { modelRefOf } from '../kernel/refs';
import type { SearchFactStore } from './stores/SearchFactStore';
import type { VersionQueries } from './stores/VersionQueries';
import type { ModelReads } from '../access/ModelReads';
import type { RegistryReadService } from './RegistryReadService';
import type { SearchFacts } from './SearchFacts';
import { datasetsOf, summaryOf } from './versionView';

/** Versions across all models, found by what their runs measured and what the catalog says of their owners. */
export class VersionSearchService {
  readonly #modelReads: ModelReads;
  readonly #reads: RegistryReadService;
  readonly #versions: VersionQueries;
  readonly #searchFacts: SearchFacts;
  readonly #facts: SearchFactStore;

  constructor(options: {
    modelReads: ModelReads;
    reads: RegistryReadService;
    versions: VersionQueries;
    searchFacts: SearchFacts;
    facts: SearchFactStore;
  }) {
    this.#modelReads = options.modelReads;
    this.#reads = options.reads;
    this.#versions = options.versions;
    this.#searchFacts = options.searchFacts;
    this.#facts = options.facts;
  }

  /** @throws InputError when the filter or the order cannot be read, saying what was found and what is allowed */
  async search(
    request: {
      filter?: string;
      orderBy?: string;
      cursor?: string;
      limit: number;
    },
    { caller }: Call,
  ): Promise<{ items: FoundVersion[]; nextCursor?: string }> {
    await this.#modelReads.requireAny(caller);
    await this.#searchFacts.refreshFor([
      { entity: 'attribute', key: 'flavor' },
      { entity: 'attribute', key: 'owner' },
    ]);
    const page = await this.#reads.searchVersions(
      {
        filter: request.filter,
        orderBy: clausesOf(request.orderBy ?? ''),
        pageToken: request.cursor,
        limit: request.limit,
      },
      { caller },
    );
    const names = page.versions.map(({ name }) => name);
    const facts = new Map(
      (await this.#versions.findVersions(page.versions)).map(version => [
        `${version.name}@${version.version}`,
        version,
      ]),
    );
    const flavors = await this.#facts.flavorsOf(page.versions);
    const owners = await this.#facts.ownersOf(names);
    return {
      items: page.versions.flatMap(({ name, version }) => {
        const key = `${name}@${version}`;
        const found = facts.get(key);
        if (!found) return [];
        return {
          ...summaryOf(found),
          modelRef: modelRefOf(name),
          owner: owners.get(name),
          aliases: found.aliases,
          params: found.run?.params ?? {},
          flavors: flavors.get(key) ?? [],
          datasets: datasetsOf(found),
          createdBy: found.createdBy,
        };
      }),
      nextCursor: page.nextPageToken,
    };
  }
}

/** Clauses apart at commas, though not at those in quotes. */
function clausesOf(orderBy: string): string[] {
  return (orderBy.match(/(?:[^,`"]|`[^`]*`?|"[^"]*"?)+/g) ?? [])
    .map(clause => clause.trim())
    .filter(Boolean);
}
