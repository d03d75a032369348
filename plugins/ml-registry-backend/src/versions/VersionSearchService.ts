import type { Authorizer, Call } from '@downstage/node';
import {
  mlRegistryReadPermission,
  type FoundVersion,
} from '@downstage/plugin-ml-registry-common';
import { modelRefOf } from '../domain/refs';
import type { SearchFactStore } from '../stores/SearchFactStore';
import type { VersionReader } from '../stores/VersionReader';
import type { RegistryReadService } from './RegistryReadService';
import type { SearchFacts } from './SearchFacts';
import { datasetsOf, summaryOf } from './versionView';

/** Versions across all models, found by what their runs measured and what the catalog says of their owners. */
export class VersionSearchService {
  readonly #authorizer: Authorizer;
  readonly #reads: RegistryReadService;
  readonly #versions: VersionReader;
  readonly #searchFacts: SearchFacts;
  readonly #facts: SearchFactStore;

  constructor(options: {
    authorizer: Authorizer;
    reads: RegistryReadService;
    versions: VersionReader;
    searchFacts: SearchFacts;
    facts: SearchFactStore;
  }) {
    this.#authorizer = options.authorizer;
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
    await this.#authorizer.require({
      caller,
      permission: mlRegistryReadPermission,
    });
    await this.#searchFacts.refreshFor([
      { entity: 'attribute', key: 'flavor' },
      { entity: 'attribute', key: 'owner' },
    ]);
    const page = await this.#reads.searchVersions(caller, {
      filter: request.filter,
      orderBy: clausesOf(request.orderBy ?? ''),
      pageToken: request.cursor,
      limit: request.limit,
    });
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
