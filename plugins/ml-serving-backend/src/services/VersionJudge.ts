import { stringifyEntityRef } from '@backstage/catalog-model';
import { isError, NotFoundError } from '@backstage/errors';
import type { AuthService } from '@backstage/backend-plugin-api';
import type {
  Authorizer,
  Call,
  HiddenEntities,
  RegisteredOwners,
} from '@downstage/node';
import {
  mlServingReadPermission,
  type Servability,
} from '@downstage/plugin-ml-serving-common';
import { judgeFiles } from '../domain/judgeVersion';
import type { EndpointStore } from '../stores/EndpointStore';
import type { ModelFetcher } from './ModelFetcher';

type Path = { namespace: string; name: string; version: number };

/**
 * Says whether endpoints could serve a version, before anybody relies on it: at registration, in the preview of a
 * promotion, on the page where it is deployed.
 */
export class VersionJudge {
  readonly #authorizer: Authorizer;
  readonly #auth: AuthService;
  readonly #fetcher: Pick<ModelFetcher, 'describe'>;
  readonly #hidden: HiddenEntities;
  readonly #registeredOwners: RegisteredOwners;
  readonly #store: EndpointStore;

  constructor(options: {
    authorizer: Authorizer;
    auth: AuthService;
    fetcher: Pick<ModelFetcher, 'describe'>;
    hidden: HiddenEntities;
    registeredOwners: RegisteredOwners;
    store: EndpointStore;
  }) {
    this.#authorizer = options.authorizer;
    this.#auth = options.auth;
    this.#fetcher = options.fetcher;
    this.#hidden = options.hidden;
    this.#registeredOwners = options.registeredOwners;
    this.#store = options.store;
  }

  async judge(path: Path, { caller }: Call): Promise<Servability> {
    const { namespace, name } = path;
    const permission = mlServingReadPermission;
    await this.#authorizer.requireAny({ caller, permission });
    const endpoint = await this.#store.find(`${namespace}/${name}`);
    const model = stringifyEntityRef({ kind: 'model', namespace, name });
    const owner =
      (await this.#registeredOwners.ownerOf(model)) ?? endpoint?.owner;
    const facts = { namespace, model, ...(owner && { owner }) };
    const allowed = await this.#authorizer.allows({
      caller,
      permission,
      facts,
    });
    if (!allowed || (await this.#hidden.hides(model, caller))) {
      throw new NotFoundError(`No model ${namespace}/${name}`);
    }
    // A reader of endpoints need not be a reader of the registry's files.
    const credentials = await this.#auth.getOwnServiceCredentials();
    const found = await this.#fetcher
      .describe(path, { credentials })
      .catch(error => {
        if (isError(error) && error.name === 'NotFoundError') {
          return { files: [], signature: undefined };
        }
        throw error;
      });
    return { deployed: endpoint !== undefined, ...judgeFiles(found) };
  }
}
