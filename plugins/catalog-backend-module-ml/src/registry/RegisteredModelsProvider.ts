import type { LoggerService } from '@backstage/backend-plugin-api';
import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import type {
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import { oneAtATime } from '../oneAtATime';
import type { NameChange } from './listAllModels';
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
  /** Names that models got or lost at or after a moment. */
  listNameChanges(since: string): Promise<NameChange[]>;
  /** Those of these refs, like `default/churn`, that there are. */
  listNamed(refs: string[]): Promise<RegisteredModel[]>;
};

/** What was handed over: from when on changes were not seen yet, and which models. */
type Known = {
  refs: Set<string>;
  /** The last change of a model that was seen. */
  last: string;
  /** The last time that a name came or went. */
  lastName: string;
  comparedAt: number;
};

/** Everything is compared this often, for what no change of a model tells: a file that went, a lost event. */
const fullEveryMs = 5 * 60_000;
/** At most ten models are compared in a second, however many there are: with 20,000 once in half an hour. */
const perModelMs = 100;
/** Changes of this long before the last one seen are looked at again: they may have been written later. */
const overlapMs = 60_000;

/**
 * Brings models that were registered from code and have no file.
 *
 * A file always wins. These entities carry no location key, so the catalog lets a file take the name over at once. The
 * next refresh leaves it alone. When the file goes, the model comes back with the next full comparison.
 *
 * @remarks
 * A refresh asks for the models that changed, and for names that came or went; what it does grows with these alone.
 * The next full comparison finds changes that it missed.
 */
export class RegisteredModelsProvider implements EntityProvider {
  readonly #registry: RegisteredModels;
  readonly #findEntities: (refs: string[]) => Promise<(Entity | undefined)[]>;
  readonly #logger: LoggerService;
  readonly #clock: () => Date;
  #connection?: EntityProviderConnection;
  #known?: Known;

  constructor(options: {
    registry: RegisteredModels;
    findEntities: (refs: string[]) => Promise<(Entity | undefined)[]>;
    logger: LoggerService;
    clock: () => Date;
  }) {
    this.#registry = options.registry;
    this.#findEntities = options.findEntities;
    this.#logger = options.logger;
    this.#clock = options.clock;
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
    if (
      !known ||
      this.#clock().getTime() - known.comparedAt >= pauseOf(known)
    ) {
      await this.#compareAll(this.#connection);
      return;
    }
    const { changed, gone, lastName } = await this.#changesSince(known);
    if (changed.length || gone.length) {
      const { unclaimed, claimed } = await this.#sort(changed);
      await this.#connection.applyMutation({
        type: 'delta',
        added: unclaimed.map(entity => ({ entity })),
        removed: [
          ...claimed.map(stringifyEntityRef),
          ...entitiesOf(gone, [...known.refs, ...changed.map(refOf)]),
        ].map(entityRef => ({ entityRef })),
      });
    }
    for (const model of changed) known.refs.add(refOf(model));
    for (const ref of gone) known.refs.delete(ref);
    known.last = latestOf(changed, known.last);
    known.lastName = lastName;
  });

  /** Models that are new or changed, and refs of known ones that are no more. */
  async #changesSince(known: Known) {
    const names = await this.#registry.listNameChanges(before(known.lastName));
    const changed = await this.#registry.listChanged(before(known.last));
    const listed = new Set(changed.map(refOf));
    // A name may have come and gone more than once: the registry says which of these there are now.
    const asked = new Set<string>();
    for (const { ref, change } of names) {
      const isNews = known.refs.has(ref) === (change === 'lost');
      if (isNews && !listed.has(ref) && isEntityRef(ref)) asked.add(ref);
    }
    const found = await this.#registry.listNamed([...asked]);
    for (const model of found) asked.delete(refOf(model));
    return {
      changed: [...changed, ...found],
      gone: [...asked].filter(ref => known.refs.has(ref)),
      lastName: latestAt(names, known.lastName),
    };
  }

  async #compareAll(connection: EntityProviderConnection) {
    const models = await this.#registry.listAll();
    const { unclaimed } = await this.#sort(models);
    await connection.applyMutation({
      type: 'full',
      entities: unclaimed.map(entity => ({ entity })),
    });
    const last = latestOf(models, '');
    this.#known = {
      refs: new Set(models.map(refOf)),
      last,
      lastName: last,
      comparedAt: this.#clock().getTime(),
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
      if (isEntityRef(refOf(model))) {
        entities.push(toModelEntity(model));
      } else {
        // MLflow allows more than the catalog does; the model's pages work by its registered name all the same.
        this.#logger.warn(
          `The registered model '${refOf(
            model,
          )}' cannot be in the catalog: a name there has 1 to 63 letters, digits, '-', '_' or '.', and starts and ends with a letter or digit; a namespace has small letters, digits and '-'`,
        );
      }
    }
    return entities;
  }
}

function pauseOf({ refs }: { refs: Set<string> }): number {
  return Math.max(fullEveryMs, refs.size * perModelMs);
}

function refOf({ namespace, name }: RegisteredModel): string {
  return `${namespace}/${name}`;
}

/** The entities of models that went. The catalog does not tell capital letters apart: what another is called stays. */
function entitiesOf(gone: string[], all: string[]): string[] {
  if (!gone.length) return [];
  const entityRefOf = (ref: string) => `model:${ref}`.toLowerCase();
  const went = new Set(gone);
  const there = new Set(all.filter(ref => !went.has(ref)).map(entityRefOf));
  return gone.map(entityRefOf).filter(ref => !there.has(ref));
}

/** Whether the catalog can have it. */
function isEntityRef(ref: string) {
  const [namespace, ...name] = ref.split('/');
  return isNamespace(namespace) && isEntityName(name.join('/'));
}

function isNamespace(namespace: string) {
  return (
    namespace.length <= 63 && /^[a-z0-9]+(?:-+[a-z0-9]+)*$/.test(namespace)
  );
}

function latestOf(models: RegisteredModel[], last: string): string {
  return models.reduce(
    (latest, { updatedAt }) => (updatedAt > latest ? updatedAt : latest),
    last,
  );
}

function latestAt(names: NameChange[], last: string): string {
  return names.reduce((latest, { at }) => (at > latest ? at : latest), last);
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
