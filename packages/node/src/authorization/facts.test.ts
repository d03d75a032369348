import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  createPermission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import knexFactory from 'knex';
import { Authorizer } from './authorizer';
import {
  defineMlResource,
  meets,
  whereFacts,
  type FactCriteria,
  type Facts,
} from './facts';
import { formatTokenSubject } from './tokenSubject';

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
];
const isHigh: FactCriteria = { fact: 'risk', values: ['high'] };
const isOurs: FactCriteria = { fact: 'owner', values: [owner] };
const cases: [string, FactCriteria | undefined, string[]][] = [
  ['nothing asked', undefined, ['nobodys', 'ours-high', 'ours-low', 'theirs']],
  ['an owner', isOurs, ['ours-high', 'ours-low']],
  ['not an owner', { not: isOurs }, ['nobodys', 'theirs']],
  ['all of', { allOf: [isOurs, isHigh] }, ['ours-high']],
  ['any of', { anyOf: [isOurs, isHigh] }, ['ours-high', 'ours-low', 'theirs']],
  [
    'not all of',
    { not: { allOf: [isOurs, isHigh] } },
    ['nobodys', 'ours-low', 'theirs'],
  ],
  ['no value at all', { fact: 'owner', values: [] }, []],
  ['a fact without a column', { fact: 'stage', values: ['production'] }, []],
  [
    'not of a fact without a column',
    { not: { fact: 'stage', values: ['production'] } },
    ['nobodys', 'ours-high', 'ours-low', 'theirs'],
  ],
];

describe('facts', () => {
  const knex = knexFactory({
    client: 'better-sqlite3',
    connection: ':memory:',
    useNullAsDefault: true,
  });
  beforeAll(async () => {
    await knex.schema.createTable('things', table => {
      table.string('id');
      table.string('owner');
      table.string('risk');
      table.string('namespace');
    });
    await knex('things').insert(things);
  });
  afterAll(() => knex.destroy());

  it.each(cases)(
    'narrow a list in SQL as one thing in memory: %s',
    async (_, criteria, expected) => {
      const rows = await whereFacts(
        knex('things').select('id').orderBy('id'),
        criteria,
        {
          owner: 'things.owner',
          risk: 'things.risk',
          namespace: 'things.namespace',
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

  const authorizer = (decision: PolicyDecision) =>
    new Authorizer({
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
  const credentials = mockCredentials.user('user:default/ann');

  it('decide what a conditional policy allows: one thing, a list, and nothing by accident', async () => {
    const subject = authorizer(ours);
    await expect(
      subject.require({ credentials, permission: read, facts: { owner } }),
    ).resolves.toBeUndefined();
    await expect(
      subject.require({
        credentials,
        permission: read,
        facts: { owner: 'group:default/credit' },
      }),
    ).rejects.toThrow(/for other things only/);
    await expect(
      subject.require({ credentials, permission: read }),
    ).rejects.toThrow(/for some things only/);
    await expect(
      subject.filter({ credentials, permission: read }),
    ).resolves.toEqual({ allOf: [{ fact: 'owner', values: [owner] }] });
    await expect(
      subject.allows({ credentials, permission: read, facts: {} }),
    ).resolves.toBe(false);
  });

  it('do not matter where the policy allows all or nothing', async () => {
    await expect(
      authorizer({ result: AuthorizeResult.ALLOW }).filter({
        credentials,
        permission: read,
      }),
    ).resolves.toBeUndefined();
    await expect(
      authorizer({ result: AuthorizeResult.DENY }).allows({
        credentials,
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
        credentials: token,
        permission: registryRead,
      }),
    ).resolves.toEqual({ fact: 'owner', values: [owner] });
  });
});
