import type { LoggerService } from '@backstage/backend-plugin-api';
import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import type {
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import { oneAtATime } from '../oneAtATime';
import {
  isFromRegistry,
  toModelEntity,
  type RegisteredModel,
} from './toModelEntity';

/**
 * Brings models that were registered from code and have no file.
 *
 * A file always wins: these entities carry no location key, so the catalog lets a file take the name over at once,
 * and the next refresh leaves it alone. When the file goes, the model comes back.
 */
export class RegisteredModelsProvider implements EntityProvider {
  readonly #listModels: () => Promise<RegisteredModel[]>;
  readonly #findEntities: (refs: string[]) => Promise<(Entity | undefined)[]>;
  readonly #logger: LoggerService;
  #connection?: EntityProviderConnection;

  constructor(options: {
    listModels: () => Promise<RegisteredModel[]>;
    findEntities: (refs: string[]) => Promise<(Entity | undefined)[]>;
    logger: LoggerService;
  }) {
    this.#listModels = options.listModels;
    this.#findEntities = options.findEntities;
    this.#logger = options.logger;
  }

  getProviderName() {
    return 'downstage-registered-models';
  }

  async connect(connection: EntityProviderConnection) {
    this.#connection = connection;
  }

  /** Makes the catalog equal to the registry. Safe to call at any time, as often as one likes. */
  readonly refresh = oneAtATime(async () => {
    if (!this.#connection) return;
    const entities = await this.#validEntities();
    const found = await this.#findEntities(entities.map(stringifyEntityRef));
    const unclaimed = entities.filter((_, index) => {
      const entity = found[index];
      return !entity || isFromRegistry(entity);
    });
    await this.#connection.applyMutation({
      type: 'full',
      entities: unclaimed.map(entity => ({ entity })),
    });
  });

  async #validEntities() {
    const entities: Entity[] = [];
    for (const model of await this.#listModels()) {
      if (isEntityName(model.name)) {
        entities.push(toModelEntity(model));
      } else {
        // MLflow allows more than the catalog does; the model's pages work by its registered name all the same.
        this.#logger.warn(
          `The registered model '${model.name}' cannot be in the catalog: a name there has 1 to 63 letters, digits, '-', '_' or '.', and starts and ends with a letter or digit`,
        );
      }
    }
    return entities;
  }
}

function isEntityName(name: string) {
  return (
    name.length <= 63 &&
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name)
  );
}
