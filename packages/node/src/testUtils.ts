/* eslint-disable jest/no-export, @backstage/no-undeclared-imports -- shared by tests, imported by tests only */
/**
 * What the tests of every domain share. Import from `@downstage/node/testUtils`, in tests only.
 *
 * @packageDocumentation
 */
import { execFileSync } from 'node:child_process';
import {
  coreServices,
  createServiceFactory,
  type BackendFeature,
  type BackstageCredentials,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
  type TestDatabaseId,
} from '@backstage/backend-test-utils';
import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  AuthorizeResult,
  isResourcePermission,
  type Permission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import type { Contract } from '@downstage/common';
import request from 'supertest';

/**
 * The databases a store is tested on: SQLite always, PostgreSQL where a connection string says where it is
 * (the test command starts one).
 */
export function testDatabaseIds(): TestDatabaseId[] {
  const postgres = ['18', '17', '16', '15', '14']
    .filter(
      version =>
        process.env[
          `BACKSTAGE_TEST_DATABASE_POSTGRES${version}_CONNECTION_STRING`
        ],
    )
    .map(version => `POSTGRES_${version}` as TestDatabaseId);
  if (!postgres.length) {
    process.stderr.write(
      'PostgreSQL is not tested here: set BACKSTAGE_TEST_DATABASE_POSTGRES15_CONNECTION_STRING, or use npm test.\n',
    );
  }
  return ['SQLITE_3', ...postgres];
}

/** One valid request per operation, so that only permission can refuse it. */
export type ExampleRequests<C extends Contract> = {
  [K in keyof C]: {
    params?: Record<string, string | number>;
    query?: Record<string, string | number>;
    body?: unknown;
  };
};

/**
 * Proves that no operation of a contract forgot its permission check. Every operation answers 403 under a policy that
 * denies everything. Every operation that changes something answers 403 under a policy that allows reading. A new
 * operation appears here by itself, and fails until it has an example.
 */
export function describeDenyAll<C extends Contract>(options: {
  pluginId: string;
  contract: C;
  exampleRequests: ExampleRequests<C>;
  features: (BackendFeature | Promise<{ default: BackendFeature }>)[];
  /** Operations that answer only services and are therefore called as one. */
  asService?: (keyof C)[];
  /** Operations that are asked with a body and change nothing all the same. */
  onlyRead?: (keyof C)[];
}) {
  const {
    pluginId,
    contract,
    exampleRequests,
    features,
    asService = [],
    onlyRead = [],
  } = options;
  let policy: (permission: Permission) => boolean = () => false;
  let backend: Awaited<ReturnType<typeof startTestBackend>> | undefined;
  const statusOf = async (name: string) => {
    if (!backend) throw new Error('The backend has not started');
    const operation = contract[name];
    const example = exampleRequests[name];
    if (!example) throw new Error(`exampleRequests lacks ${name}`);
    const path = operation.path.replace(/:(\w+)/g, (_, key) =>
      encodeURIComponent(String(example.params?.[key])),
    );
    const call = request(backend.server)
      [operation.method](`/api/${pluginId}${path}`)
      .set(
        'authorization',
        asService.includes(name)
          ? mockCredentials.service.header()
          : mockCredentials.user.header(),
      )
      .query(example.query ?? {});
    const response = await (example.body === undefined
      ? call
      : call.send(example.body as object));
    return { name, status: response.status };
  };

  describe(`${pluginId} under a policy`, () => {
    beforeAll(async () => {
      backend = await startTestBackend({
        features: [
          ...features,
          permissionsOf(permission => policy(permission)),
        ],
      });
    });
    afterAll(() => backend?.stop());

    it.each(Object.keys(contract))(
      'that denies everything, %s refuses',
      async name => {
        policy = () => false;
        expect(await statusOf(name)).toEqual({ name, status: 403 });
      },
    );

    const changes = Object.keys(contract).filter(
      name => contract[name].method !== 'get' && !onlyRead.includes(name),
    );
    if (!changes.length) return;
    it.each(changes)(
      'that allows reading, %s refuses, as it changes something',
      async name => {
        policy = ({ attributes }) => attributes.action === 'read';
        expect(await statusOf(name)).toEqual({ name, status: 403 });
      },
    );
  });
}

function permissionsOf(allows: (permission: Permission) => boolean) {
  return permissionsFactory(async queries =>
    queries.map(({ permission }) => ({
      result: allows(permission) ? AuthorizeResult.ALLOW : AuthorizeResult.DENY,
    })),
  );
}

/**
 * A permission policy for a test backend. Like Backstage it lets services do everything, and refuses to answer with
 * conditions where the permission has no resource type.
 *
 * @example
 * ```ts
 * policyOf((permission, person) =>
 *   isPermission(permission, jobsReadPermission)
 *     ? createMlJobConditionalDecision(permission, mlJobConditions.isOwner({ owners: groupsOf(person) }))
 *     : { result: AuthorizeResult.ALLOW },
 * );
 * ```
 */
export function policyOf(
  decide: (permission: Permission, person?: string) => PolicyDecision,
): BackendFeature {
  return permissionsFactory(async (queries, options) =>
    queries.map(({ permission }): PolicyDecision => {
      const principal = options?.credentials?.principal as
        | { type?: string; userEntityRef?: string }
        | undefined;
      if (principal?.type === 'service') {
        return { result: AuthorizeResult.ALLOW };
      }
      const decision = decide(permission, principal?.userEntityRef);
      if (
        decision.result === AuthorizeResult.CONDITIONAL &&
        !isResourcePermission(permission)
      ) {
        throw new Error(
          `Conditional decision for the permission ${permission.name}, which has no resource type`,
        );
      }
      return decision;
    }),
  );
}

/** A catalog of some entities, of which people do not see those that `hides` names at the moment; services see all. */
export function hidingCatalog(options: {
  entities: Entity[];
  hides: () => string[];
}): BackendFeature {
  const { entities, hides } = options;
  const mockFor = (asked: { credentials: BackstageCredentials }) => {
    const { type } = asked.credentials.principal as { type?: string };
    const hidden = type === 'user' ? hides() : [];
    return catalogServiceMock({
      entities: entities.filter(
        entity => !hidden.includes(stringifyEntityRef(entity)),
      ),
    });
  };
  return createServiceFactory({
    service: catalogServiceRef,
    deps: {},
    factory: () => ({
      ...catalogServiceMock({ entities }),
      getEntityByRef: (ref, asked) => mockFor(asked).getEntityByRef(ref, asked),
      getEntitiesByRefs: (refs, asked) =>
        mockFor(asked).getEntitiesByRefs(refs, asked),
      getEntityFacets: (query, asked) =>
        mockFor(asked).getEntityFacets(query, asked),
      queryEntities: (query, asked) =>
        mockFor(asked).queryEntities(query, asked),
    }),
  });
}

/**
 * What a test backend knows of people: by the ref of a person the group, or groups, they are in. Others are in none.
 *
 * @example
 * ```ts
 * membersOf({ 'user:default/ann': 'group:default/diagnostics' });
 * ```
 */
export function membersOf(
  groups: Record<string, string | string[]>,
): BackendFeature {
  return mockServices.userInfo.mock({
    getUserInfo: async ({ principal }) => {
      const { userEntityRef } = principal as { userEntityRef: string };
      const theirs = groups[userEntityRef] ?? [];
      return {
        userEntityRef,
        ownershipEntityRefs: [userEntityRef, theirs].flat(),
      };
    },
  }).factory;
}

/** Git as Ann, whatever this machine's own configuration says; answers what it printed. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.com',
      GIT_COMMITTER_NAME: 'Ann',
      GIT_COMMITTER_EMAIL: 'ann@example.com',
    },
  }).trim();
}

/** What the audit trail keeps of an event that has ended. */
export type AuditedEvent = {
  eventId: string;
  outcome: 'succeeded' | 'failed';
  meta: object;
};

/** An auditor that tells of each event when it ends. */
export function auditorThatTells(
  tell: (event: AuditedEvent) => void,
): BackendFeature {
  return mockServices.auditor.mock({
    createEvent: async ({ eventId, meta }) => {
      const end =
        (outcome: AuditedEvent['outcome']) =>
        async (more?: { meta?: object }) =>
          tell({ eventId, outcome, meta: { ...meta, ...more?.meta } });
      return { success: end('succeeded'), fail: end('failed') };
    },
  }).factory;
}

function permissionsFactory(
  answer: (
    queries: { permission: Permission }[],
    options?: { credentials?: BackstageCredentials },
  ) => Promise<PolicyDecision[]>,
): BackendFeature {
  return createServiceFactory({
    service: coreServices.permissions,
    deps: {},
    factory: () =>
      mockServices.permissions.mock({
        authorize: answer as never,
        authorizeConditional: answer as never,
      }),
  });
}
