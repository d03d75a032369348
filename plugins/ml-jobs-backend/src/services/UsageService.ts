import { InputError } from '@backstage/errors';
import type { ParsedOf } from '@downstage/common';
import type { Authorizer, Call, HiddenEntities } from '@downstage/node';
import {
  jobsReadPermission,
  type MlJobsContract,
} from '@downstage/plugin-ml-jobs-common';
import type { UsageStore } from '../stores/UsageStore';

/** What jobs used, for people who may see the jobs. */
export class UsageService {
  readonly #store: UsageStore;
  readonly #authorizer: Authorizer;
  readonly #hidden: HiddenEntities;

  constructor(options: {
    store: UsageStore;
    authorizer: Authorizer;
    hidden: HiddenEntities;
  }) {
    this.#store = options.store;
    this.#authorizer = options.authorizer;
    this.#hidden = options.hidden;
  }

  async list(
    query: ParsedOf<MlJobsContract['listUsage']>['query'],
    { caller }: Call,
  ) {
    const criteria = await this.#authorizer.filter({
      caller,
      permission: jobsReadPermission,
    });
    const { from, to, ...rest } = query;
    if (from && to && Date.parse(from) > Date.parse(to)) {
      throw new InputError(
        `'from' is after 'to': ${from} and ${to}; expected the earlier moment in 'from'`,
      );
    }
    return this.#store.list({
      ...rest,
      // As they are written in the rows.
      ...(from && { from: new Date(from).toISOString() }),
      ...(to && { to: new Date(to).toISOString() }),
      criteria: await this.#hidden.narrowed(criteria, caller),
      visible: rows => this.#hidden.visible(rows, ({ model }) => model, caller),
    });
  }
}
