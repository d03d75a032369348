import type { AuthService } from '@backstage/backend-plugin-api';
import { RELATION_MEMBER_OF, type Entity } from '@backstage/catalog-model';
import { ServiceUnavailableError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { catalogRef, ownerOf, type RegisteredOwners } from '@downstage/node';

/**
 * What the catalog says of people, groups and models at this moment.
 *
 * @remarks
 * Asked with the plugin's own credentials: a token has none that the catalog would know.
 */
export class Ownership {
  readonly #auth: AuthService;
  readonly #catalog: CatalogService;
  readonly #registered: RegisteredOwners;

  constructor(options: {
    auth: AuthService;
    catalog: CatalogService;
    registeredOwners: RegisteredOwners;
  }) {
    this.#auth = options.auth;
    this.#catalog = options.catalog;
    this.#registered = options.registeredOwners;
  }

  /** A person and their groups; `undefined` for somebody the catalog does not know. */
  async refsOfPerson(person: string): Promise<string[] | undefined> {
    const entity = await this.#find(person);
    return entity && [person, ...targetsOf(entity, RELATION_MEMBER_OF)];
  }

  async hasGroup(group: string): Promise<boolean> {
    return (await this.#find(group)) !== undefined;
  }

  /** The owner of a model: by the registry, else by the catalog; `undefined` where neither names one. */
  async ownerOfModel(model: string): Promise<string | undefined> {
    const registered = await this.#registered.ownerOf(model);
    if (registered) return registered;
    const entity = await this.#find(model);
    return entity && ownerOf(entity);
  }

  async #find(ref: string): Promise<Entity | undefined> {
    try {
      return await this.#catalog.getEntityByRef(catalogRef(ref), {
        credentials: await this.#auth.getOwnServiceCredentials(),
      });
    } catch (error) {
      throw new ServiceUnavailableError(
        `The catalog could not be asked for ${ref}, and without it nobody knows what a token owns; try again`,
        error,
      );
    }
  }
}

function targetsOf(entity: Entity, type: string): string[] {
  return (entity.relations ?? [])
    .filter(relation => relation.type === type)
    .map(({ targetRef }) => targetRef);
}
