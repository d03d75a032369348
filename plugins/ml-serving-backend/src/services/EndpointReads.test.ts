import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { TokenScopes } from '@downstage/common';
import { mlServingTokenScopes } from '@downstage/plugin-ml-serving-common';
import {
  Authorizer,
  callerOf,
  migrate,
  type Caller,
  type FactCriteria,
} from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { EndpointStore } from '../stores/EndpointStore';
import { EndpointReads } from './EndpointReads';
import { EndpointService } from './EndpointService';

jest.setTimeout(60_000);

const names = Array.from({ length: 12 }, (_, at) => `m${10 + at}`);
const shown = ['m11', 'm15', 'm21'];
const dan = callerOf(mockCredentials.user('user:default/dan'));
const portal = callerOf(mockCredentials.service('plugin:ml-monitoring'));

/** A catalog that hides from people every model but three. */
const hidden = {
  mayHide: async ({ kind }: Caller) => kind === 'person',
  // As if the catalog hid all of them a moment ago.
  narrowed: async (criteria: FactCriteria | undefined) => criteria,
  hides: async (ref: string | undefined, { kind }: Caller) =>
    kind === 'person' && !shown.some(name => ref === `model:default/${name}`),
  async visible<T>(
    rows: readonly T[],
    refOf: (row: T) => string | undefined,
    caller: Caller,
  ) {
    const seen: T[] = [];
    for (const row of rows) {
      if (!(await this.hides(refOf(row), caller))) seen.push(row);
    }
    return seen;
  },
};

describe.each(testDatabaseIds())('who sees endpoints on %s', databaseId => {
  const databases = TestDatabases.create({ ids: [databaseId] });

  async function start() {
    const knex = await databases.init(databaseId);
    await migrate(
      { getClient: async () => knex },
      '@downstage/plugin-ml-serving-backend',
    );
    const store = new EndpointStore(knex);
    for (const name of names) {
      await store.create({
        namespace: 'default',
        name,
        modelRef: `model:default/${name}`,
        engine: 'gateway',
        owner: 'group:default/credit',
        access: { groups: [], anonymous: false },
        createdBy: 'user:default/cleo',
        createdAt: '2026-03-04T05:06:07.000Z',
      });
    }
    const authorizer = new Authorizer({
      tokenScopes: new TokenScopes([mlServingTokenScopes]),
      permissions: mockServices.permissions(),
      userInfo: mockServices.userInfo(),
    });
    return { store, reads: new EndpointReads({ authorizer, store, hidden }) };
  }

  it('hides an endpoint with its model, from people only', async () => {
    const { reads } = await start();
    const found = async (name: string, caller: Caller) =>
      (await reads.find({ namespace: 'default', name }, caller))?.id;
    expect(await found('m11', dan)).toBe('default/m11');
    expect(await found('m10', dan)).toBeUndefined();
    expect(await found('m10', portal)).toBe('default/m10');
    expect(await found('none', portal)).toBeUndefined();
  });

  it('counts what is seen', async () => {
    const { reads } = await start();
    expect(await reads.countByState(dan)).toEqual({ loading: 3 });
    expect(await reads.countByState(portal)).toEqual({ loading: 12 });
  });

  it('fills a page although most models are hidden, and loses none', async () => {
    const { store, reads } = await start();
    const endpoints = new EndpointService({
      store,
      reads,
      granted: [],
      clock: () => new Date('2026-03-04T05:06:07.000Z'),
      engines: {
        observe: async () => new Map(),
        of: () => ({ urlOf: () => '' }),
        whyNone: () => undefined,
      },
    } as never);
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await endpoints.list({ limit: 2, cursor }, { caller: dan });
      pages.push(page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor);
    expect(pages).toEqual([['m11', 'm15'], ['m21']]);
  });
});
