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

/** The registry, as far as the catalog asks it. */
export type RegisteredModels = {
  listAll(): Promise<RegisteredModel[]>;
  /** Those that changed at or after a moment. */
  listChanged(since: string): Promise<RegisteredModel[]>;
  count(): Promise<number>;
};

/** Everything is compared this often, for what no change of a model tells: a file that went, a lost event. */
const fullEveryMs = 5 * 60_000;
/** Changes of this long before the last one seen are looked at again: they may have been written later. */
const overlapMs = 60_000;

/**
 * Brings models that were registered from code and have no file.
 *
 * A file always wins: these entities carry no location key, so the catalog lets a file take the name over at once,
 * and the next refresh leaves it alone. When the file goes, the model comes back with the next full comparison.
 *
 * @remarks
 * A refresh asks for the models that changed and hands over those; where the number of models is another than what is
 * known, one was deleted or missed, and all are compared.
 */
export class RegisteredModelsProvider implements EntityProvider {
  readonly #registry: RegisteredModels;
  readonly #findEntities: (refs: string[]) => Promise<(Entity | undefined)[]>;
  readonly #logger: LoggerService;
  readonly #clock: () => number;
  #connection?: EntityProviderConnection;
  #known?: { names: Set<string>; last: string; comparedAt: number };

  constructor(options: {
    registry: RegisteredModels;
    findEntities: (refs: string[]) => Promise<(Entity | undefined)[]>;
    logger: LoggerService;
    clock?: () => number;
  }) {
    this.#registry = options.registry;
    this.#findEntities = options.findEntities;
    this.#logger = options.logger;
    this.#clock = options.clock ?? Date.now;
  }

  getProviderName() {
    return 'downstage-registered-models';
  }

  async connect(connection: EntityProviderConnection) {
    this.#connection = connection;
  }

  /** Brings the catalog up to date with the registry. Safe to call at any time, as often as one likes. */
  readonly refresh = oneAtATime(async () => {
    if (!this.#connection) return;
    const known = this.#known;
    if (!known || this.#clock() - known.comparedAt >= fullEveryMs) {
      await this.#compareAll(this.#connection);
      return;
    }
    const changed = await this.#registry.listChanged(before(known.last));
    if (changed.length) {
      const { unclaimed, claimed } = await this.#sort(changed);
      await this.#connection.applyMutation({
        type: 'delta',
        added: unclaimed.map(entity => ({ entity })),
        removed: claimed.map(entity => ({
          entityRef: stringifyEntityRef(entity),
        })),
      });
      for (const { name } of changed) known.names.add(name);
      known.last = latestOf(changed, known.last);
    }
    if ((await this.#registry.count()) !== known.names.size) {
      await this.#compareAll(this.#connection);
    }
  });

  async #compareAll(connection: EntityProviderConnection) {
    const models = await this.#registry.listAll();
    const { unclaimed } = await this.#sort(models);
    await connection.applyMutation({
      type: 'full',
      entities: unclaimed.map(entity => ({ entity })),
    });
    this.#known = {
      names: new Set(models.map(({ name }) => name)),
      last: latestOf(models, ''),
      comparedAt: this.#clock(),
    };
  }

  /** Those that no file speaks for, and those that one does. */
  async #sort(models: RegisteredModel[]) {
    const entities = this.#validEntities(models);
    const unclaimed: Entity[] = [];
    const claimed: Entity[] = [];
    for (let at = 0; at < entities.length; at += 500) {
      const part = entities.slice(at, at + 500);
      const found = await this.#findEntities(part.map(stringifyEntityRef));
      part.forEach((entity, index) => {
        const other = found[index];
        if (!other || isFromRegistry(other)) unclaimed.push(entity);
        else claimed.push(entity);
      });
    }
    return { unclaimed, claimed };
  }

  #validEntities(models: RegisteredModel[]) {
    const entities: Entity[] = [];
    for (const model of models) {
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

function latestOf(models: RegisteredModel[], last: string): string {
  return models.reduce(
    (latest, { updatedAt }) => (updatedAt > latest ? updatedAt : latest),
    last,
  );
}

function before(moment: string): string {
  const time = new Date(moment).getTime();
  return Number.isNaN(time) ? '' : new Date(time - overlapMs).toISOString();
}

function isEntityName(name: string) {
  return (
    name.length <= 63 &&
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name)
  );
}
