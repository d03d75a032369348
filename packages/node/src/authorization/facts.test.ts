import { TokenScopes } from '@downstage/common';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  createPermission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import type { Knex } from 'knex';
import { Authorizer } from './authorizer';
import { callerOf } from '../caller/caller';
import {
  defineMlResource,
  meets,
  whereFacts,
  type FactCriteria,
  type Facts,
} from './facts';
import { formatTokenSubject } from '../caller/tokenSubject';
import { testDatabaseIds } from '../testUtils';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

const thing = defineMlResource({
  pluginId: 'ml-test',
  resourceType: 'ml-thing',
});
const read = createPermission({
  name: 'ml.test.read',
  attributes: { action: 'read' },
  resourceType: 'ml-thing',
});
const owner = 'group:default/diagnostics';
const things: (Facts & { id: string })[] = [
  { id: 'ours-high', owner, risk: 'high', namespace: 'default' },
  { id: 'ours-low', owner, risk: 'minimal', namespace: 'default' },
  { id: 'theirs', owner: 'group:default/credit', risk: 'high' },
  { id: 'nobodys' },
  { id: 'capitals', model: 'model:default/Churn', namespace: 'default' },
];
const isHigh: FactCriteria = { fact: 'risk', values: ['high'] };
const isOurs: FactCriteria = { fact: 'owner', values: [owner] };
/** More than a statement takes as bindings. */
const many = Array.from(
  { length: 70_000 },
  (_, n) => `model:default/m-${n}`,
).concat('model:default/CHURN');
const cases: [string, FactCriteria | undefined, string[]][] = [
  [
    'nothing asked',
    undefined,
    ['capitals', 'nobodys', 'ours-high', 'ours-low', 'theirs'],
  ],
  ['an owner', isOurs, ['ours-high', 'ours-low']],
  ['not an owner', { not: isOurs }, ['capitals', 'nobodys', 'theirs']],
  ['all of', { allOf: [isOurs, isHigh] }, ['ours-high']],
  ['any of', { anyOf: [isOurs, isHigh] }, ['ours-high', 'ours-low', 'theirs']],
  [
    'not all of',
    { not: { allOf: [isOurs, isHigh] } },
    ['capitals', 'nobodys', 'ours-low', 'theirs'],
  ],
  ['no value at all', { fact: 'owner', values: [] }, []],
  ['a fact without a column', { fact: 'stage', values: ['production'] }, []],
  [
    'not of a fact without a column',
    { not: { fact: 'stage', values: ['production'] } },
    ['capitals', 'nobodys', 'ours-high', 'ours-low', 'theirs'],
  ],
  // Refs of the catalog mean the same in capitals and in small letters.
  [
    'a model with capitals, by its ref in small letters',
    { fact: 'model', values: ['model:default/churn'] },
    ['capitals'],
  ],
  [
    'a model with capitals, by a ref with others',
    { fact: 'model', values: ['Model:Default/CHURN'] },
    ['capitals'],
  ],
  [
    'not that model',
    { not: { fact: 'model', values: ['model:default/churn'] } },
    ['nobodys', 'ours-high', 'ours-low', 'theirs'],
  ],
  ['one of many models', { fact: 'model', values: many }, ['capitals']],
  [
    'none of many models',
    { not: { fact: 'model', values: many } },
    ['nobodys', 'ours-high', 'ours-low', 'theirs'],
  ],
  [
    'a namespace with capitals',
    { fact: 'namespace', values: ['Default'] },
    ['capitals', 'ours-high', 'ours-low'],
  ],
];

describe.each(databases.eachSupportedId())('facts, on %p', databaseId => {
  let knex: Knex;
  beforeAll(async () => {
    knex = await databases.init(databaseId);
    await knex.schema.createTable('things', table => {
      table.string('id');
      table.string('owner');
      table.string('risk');
      table.string('namespace');
      table.string('model');
    });
    await knex('things').insert(things);
  });

  it.each(cases)(
    'narrow a list in SQL as one thing in memory: %s',
    async (_, criteria, expected) => {
      const rows: { id: string }[] = await whereFacts(
        knex('things').select('id').orderBy('id'),
        criteria,
        {
          owner: 'things.owner',
          risk: 'things.risk',
          namespace: 'things.namespace',
          model: 'things.model',
        },
      );
      expect(rows.map(({ id }) => id)).toEqual(expected);
      expect(
        things
          .filter(facts => !criteria || meets(facts, criteria))
          .map(({ id }) => id)
          .sort(),
      ).toEqual(expected);
    },
  );
});

describe('facts', () => {
  const authorizer = (decision: PolicyDecision) =>
    new Authorizer({
      tokenScopes: new TokenScopes([
        {
          pluginId: 'ml-registry',
          scopes: {
            read: {
              allows: [
                {
                  type: 'resource',
                  name: 'ml.registry.read',
                  attributes: { action: 'read' },
                  resourceType: 'ml-thing',
                },
              ],
            },
          },
        },
      ]),
      permissions: mockServices.permissions.mock({
        authorizeConditional: async () => [decision] as never,
      }),
      userInfo: mockServices.userInfo.mock(),
      rulesets: {
        getPermissionRuleset: () =>
          ({
            getRuleByName: (name: string) =>
              thing.rules.find(rule => rule.name === name),
          } as never),
      },
      resourceRef: thing.resourceRef,
    });
  const ours = thing.createConditionalDecision(read, {
    allOf: [thing.conditions.isOwner({ owners: [owner] })],
  });
  const caller = callerOf(mockCredentials.user('user:default/ann'));

  it('decide what a conditional policy allows: one thing, a list, and nothing by accident', async () => {
    const subject = authorizer(ours);
    await expect(
      subject.require({ caller, permission: read, facts: { owner } }),
    ).resolves.toBeUndefined();
    await expect(
      subject.require({
        caller,
        permission: read,
        facts: { owner: 'group:default/credit' },
      }),
    ).rejects.toThrow(/for other things only/);
    await expect(subject.require({ caller, permission: read })).rejects.toThrow(
      /for some things only/,
    );
    await expect(subject.filter({ caller, permission: read })).resolves.toEqual(
      { allOf: [{ fact: 'owner', values: [owner] }] },
    );
    await expect(
      subject.allows({ caller, permission: read, facts: {} }),
    ).resolves.toBe(false);
  });

  it('do not matter where the policy allows all or nothing', async () => {
    await expect(
      authorizer({ result: AuthorizeResult.ALLOW }).filter({
        caller,
        permission: read,
      }),
    ).resolves.toBeUndefined();
    await expect(
      authorizer({ result: AuthorizeResult.DENY }).allows({
        caller,
        permission: read,
        facts: { owner },
      }),
    ).rejects.toThrow(/lacks the permission ml.test.read/);
  });

  it('hold a token to what its groups own, where its maker was allowed some things only', async () => {
    const token = mockCredentials.service(
      formatTokenSubject({
        actor: 'user:default/ann',
        tokenId: 'k3v9',
        tokenName: 'nightly',
        scopes: ['read'],
        groups: [owner],
        conditional: ['ml.registry.read'],
      }),
    );
    const registryRead = createPermission({
      name: 'ml.registry.read',
      attributes: { action: 'read' },
      resourceType: 'ml-thing',
    });
    await expect(
      authorizer({ result: AuthorizeResult.ALLOW }).filter({
        caller: callerOf(token),
        permission: registryRead,
      }),
    ).resolves.toEqual({ fact: 'owner', values: [owner] });
  });
});
