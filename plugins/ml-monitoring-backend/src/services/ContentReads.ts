import type {
  AuditorService,
  AuthService,
} from '@backstage/backend-plugin-api';
import { parseVersionRef } from '@downstage/common';
import {
  auditedContentRead,
  isPlugin,
  type Call,
  type DataAccess,
} from '@downstage/node';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';

/**
 * Decides who sees the values of data that monitoring keeps: bins, counts and categories of baselines and windows.
 *
 * @remarks
 * The readers of all data sets that the version learned from, as ml-data decides. Distances, states and names
 * of columns are open: they say that something moved and not where to. Every look at values of guarded data is an audit
 * event, and so is every refusal.
 */
export class ContentReads {
  readonly #auditor: AuditorService;
  readonly #auth: AuthService;
  readonly #data: DataAccess;
  readonly #registry: Pick<MlRegistryService, 'getModelVersion'>;

  constructor(options: {
    auditor: AuditorService;
    auth: AuthService;
    data: DataAccess;
    registry: Pick<MlRegistryService, 'getModelVersion'>;
  }) {
    this.#auditor = options.auditor;
    this.#auth = options.auth;
    this.#data = options.data;
    this.#registry = options.registry;
  }

  /**
   * Lets values be read, or refuses it.
   *
   * @param about.version - the model version that they belong to, as `default/churn@7`
   * @param about.datasetRef - the data set that a baseline was frozen from, where it is known
   * @throws NotAllowedError with the code `ml-data.access-needed`, which names the data set and whom to ask
   */
  async require(
    context: { what: string; version: string; datasetRef?: string },
    { caller }: Call,
  ): Promise<void> {
    if (isPlugin(caller)) return;
    const datasets = await this.#datasetsOf(context);
    await auditedContentRead(this.#auditor, {
      caller,
      what: context.what,
      shows: 'shows values of',
      answers: await this.#data.ask(datasets, caller),
      meta: { version: context.version },
    });
  }

  /** What the version learned from, and what its baseline was frozen from: the version may be gone by now. */
  async #datasetsOf(context: {
    version: string;
    datasetRef?: string;
  }): Promise<string[]> {
    const { namespace, name, version } = parseVersionRef(context.version);
    const found = await this.#registry
      .getModelVersion(
        { params: { namespace, name, version } },
        { credentials: await this.#auth.getOwnServiceCredentials() },
      )
      .catch(error => {
        if (error?.name === 'NotFoundError') return undefined;
        throw error;
      });
    const refs = (found?.datasets ?? []).flatMap(({ ref }) => ref ?? []);
    if (context.datasetRef) refs.push(context.datasetRef);
    return [...new Set(refs.map(datasetOf))];
  }
}

/** `dataset:default/masses` of `default/masses@3`. */
function datasetOf(ref: string): string {
  const { namespace, name } = parseVersionRef(ref);
  return `dataset:${namespace}/${name}`;
}
